"""Letters, calendars and address cards."""

import email.message
import email.policy
import mailbox
import os
import tempfile

from documents import TEXT


def letter(subject="Offer", **headers) -> email.message.EmailMessage:
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = "Zoë <zoe@example.org>", "ann@example.org", subject
    message["Date"], message["Message-ID"] = "Thu, 01 Jan 2026 10:00:00 +0000", "<1@example.org>"
    for name, value in headers.items():
        message[name] = value
    return message


def letters(picture: bytes, document: bytes):
    plain = letter()
    plain.set_content(TEXT)
    html = letter()
    html.set_content(TEXT)
    html.add_alternative(f"<html><body><p>{TEXT}</p><img src='cid:1'></body></html>", subtype="html")
    pictured = letter()
    pictured.set_content(TEXT)
    pictured.add_attachment(picture, "image", "png", filename="picture.png")
    attached = letter()
    attached.set_content(TEXT)
    attached.add_attachment(document, "application", "pdf", filename="Zoë's report.pdf")
    attached.add_attachment(b"a;b\n1;2\n", "text", "csv", filename="table.csv")
    forwarded = letter("Fwd: Offer")
    forwarded.set_content("see below")
    forwarded.add_attachment(plain)
    twice = letter("Fwd: Fwd: Offer")
    twice.set_content("see below")
    twice.add_attachment(forwarded)
    eight = letter()
    eight.set_content("Grüße aus Köln\n", cte="8bit")
    quoted = letter()
    quoted.set_content("Grüße aus Köln, sehr lang " * 9, cte="quoted-printable")
    encoded = letter()
    encoded.set_content("Grüße aus Köln\n" * 9, cte="base64")
    many = letter()
    many["Received"] = "from a by b; Thu, 1 Jan 2026 10:00:00 +0000"
    many["DKIM-Signature"] = "v=1; a=rsa-sha256; b=" + "A" * 200
    many.set_content(TEXT)
    bounce = letter("Undelivered Mail Returned to Sender")
    bounce.set_content("I'm sorry to have to inform you that your message could not be delivered.")
    bounce.add_attachment("Final-Recipient: rfc822; x@example.org\nAction: failed\nStatus: 5.1.1\n", subtype="delivery-status")
    invitation = letter("Invitation")
    invitation.set_content("please come")
    invitation.add_alternative(CALENDAR, subtype="calendar", params={"method": "REQUEST"})
    signed = letter("signed")
    signed.set_content("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nwords\n-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n")
    programs = letter("how to unpack")
    programs.set_content("Run:\n\n  uudecode file\n  begin by opening the archive\n  gzip -d x.gz\n\nbegin with the first one\nend\n")
    names = {name: message for name, message in locals().items() if isinstance(message, email.message.EmailMessage)}
    for name, message in names.items():
        if name != "message":
            yield f"letter-{name}.eml", message.as_bytes(policy=email.policy.SMTP), ["message/rfc822"]
            yield f"letter-{name}-lf.eml", message.as_bytes(), ["message/rfc822"]
    path = os.path.join(tempfile.mkdtemp(prefix="lazaret-corpus-"), "box")
    box = mailbox.mbox(path)
    for message in (plain, html, attached):
        box.add(message)
    box.flush()
    with open(path, "rb") as file:
        yield "letters.mbox", file.read(), ["application/mbox"]
    os.remove(path)
    os.rmdir(os.path.dirname(path))


CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:1@example.org\r\nDTSTAMP:20260101T100000Z\r\n"
    "DTSTART:20260102T100000Z\r\nSUMMARY:Meeting about <b>rent</b>\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Ångström;Zoë;;;\r\nFN:Zoë Ångström\r\nEMAIL:zoe@example.org\r\nEND:VCARD\r\n"


def cards(picture: bytes):
    import base64

    photo = base64.b64encode(picture).decode()
    yield "calendar.ics", CALENDAR.encode(), ["text/calendar"]
    yield "calendar-attachment.ics", CALENDAR.replace("SUMMARY", f"ATTACH;VALUE=BINARY;ENCODING=BASE64;FMTTYPE=image/png:{photo}\r\nSUMMARY").encode(), ["text/calendar"]
    yield "card.vcf", CARD.encode(), ["text/vcard", "text/x-vcard"]
    yield "card-photo.vcf", CARD.replace("END", f"PHOTO;ENCODING=b;TYPE=PNG:{photo}\r\nEND").encode(), ["text/vcard"]
    yield "cards.vcf", (CARD * 40).encode(), ["text/vcard"]


def every(picture: bytes, document: bytes):
    yield from letters(picture, document)
    yield from cards(picture)
