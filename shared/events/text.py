"""Text in the four languages of the festival."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.events.ids import Locale

Line = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]


class Text(BaseModel):
    """One text in Portuguese, traditional and simplified Chinese, and English."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    pt: Line
    zh_hant: Line = Field(alias="zh-Hant")
    zh_hans: Line = Field(alias="zh-Hans")
    en: Line

    def in_locale(self, locale: Locale) -> str:
        """The text as it reads in *locale*."""
        return {
            "pt": self.pt,
            "zh-Hant": self.zh_hant,
            "zh-Hans": self.zh_hans,
            "en": self.en,
        }[locale]
