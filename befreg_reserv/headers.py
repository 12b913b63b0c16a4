"""What a page may ask of the browser: nothing but the clipboard, for copying a number."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# Features by the names of the Permissions Policy registry; each is refused unless told.
FEATURES = (
    "accelerometer",
    "autoplay",
    "camera",
    "clipboard-read",
    "clipboard-write",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)


class PermissionsPolicyMiddleware:
    """Sends Permissions-Policy; ``settings.PERMISSIONS_POLICY`` says who may use what."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        allowed = settings.PERMISSIONS_POLICY
        self.policy = ", ".join(f"{feature}={allowed.get(feature, '()')}" for feature in FEATURES)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the policy."""
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.policy)
        return response
