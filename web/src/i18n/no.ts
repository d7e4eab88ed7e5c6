/** What a no of the services means to whoever is told it. */
import { Problem, Unreachable } from '../api/http';
import { clock } from './format';
import { t, tMaybe } from './i18n';

export function whyNot(error: unknown): string {
  if (error instanceof Unreachable) return t('no.unreachable');
  if (!(error instanceof Problem)) return t('no.fault');
  const until = error.facts['until'];
  const places = {
    seconds: Number(error.facts['retry_after'] ?? error.retryAfter) || 0,
    until: typeof until === 'string' ? clock(until) : '',
  };
  const words = tMaybe(`no.${error.code}`)?.replace(/\{(\w+)\}/g, (_, name: string) =>
    String((places as any)[name]),
  );
  const missing = error.facts['missing'] as { check: string; reason: string }[] | undefined;
  if (words && missing) return `${words} ${missing.map(missingWords).join(' ')}`;
  if (words) return words;
  if (error.status === 401) return t('no.token-missing');
  if (error.status === 403) return t('no.role-missing');
  if (error.status === 503) return t('no.busy');
  return t('no.other', { code: error.code });
}

const missingWords = ({ check, reason }: { check: string; reason: string }): string =>
  tMaybe(`check.${check}.missing`) ?? reason;
