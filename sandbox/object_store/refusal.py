"""A refusal in S3's XML. Source: AWS, "Error responses", read 2026-11-30."""

from xml.sax.saxutils import escape

from fastapi import Response


class S3Error(Exception):
    """A refusal in S3's XML."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def response(self) -> Response:
        """Return it as S3 sends it."""
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{self.code}</Code><Message>{escape(self.message)}</Message></Error>"
        )
        return Response(xml, self.status, media_type="application/xml")
