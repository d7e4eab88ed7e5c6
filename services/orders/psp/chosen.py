"""Which provider it is: the settings say so."""

from services.orders.psp.alipay import Alipay
from services.orders.psp.keys import PrivateKey, PublicKeys
from services.orders.psp.mpay import MPay
from services.orders.psp.provider import Provider
from services.orders.psp.sandbox import Sandbox
from services.orders.psp.wechat import WeChat
from services.orders.settings import OrdersSettings


def chosen(told: OrdersSettings) -> Provider:
    """Build the adapter of the provider that the settings name."""
    key, secret = told.payments_key.get_secret_value(), told.payments_secret.get_secret_value()
    url, back = told.payments, told.callback_url
    account, app = told.payments_account, told.payments_app
    if told.payments_provider == "sandbox":
        keys = PublicKeys.read(told.payments_public_keys) if told.payments_public_keys else None
        return Sandbox(url, key, secret, back, public_keys=keys, capture=told.payments_capture)
    ours, theirs = PrivateKey(key, told.payments_key_id), PublicKeys.read(told.payments_public_keys)
    match told.payments_provider:
        case "alipay":
            return Alipay(
                url,
                app_id=app,
                seller_id=account,
                key=ours,
                public_keys=theirs,
                callback_url=back,
            )
        case "wechat":
            return WeChat(
                url,
                app_id=app,
                merchant_id=account,
                key=ours,
                secret=secret,
                public_keys=theirs,
                callback_url=back,
            )
        case "mpay":
            return MPay(
                url,
                client_id=account,
                key=ours,
                public_keys=theirs,
                callback_url=back,
                return_url=told.payments_return,
            )
