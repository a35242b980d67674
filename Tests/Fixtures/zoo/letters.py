"""Letters, and files encoded as text: one payload in every way in which a reader of mail takes it out."""

import base64
import binascii
import functools
import os
import quopri
import struct
import subprocess
import tempfile
import zlib
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import containers
import zips
from animals import prose

HEAD = (
    b"From: a@example.com\nTo: b@example.com\nSubject: post\nDate: Tue, 14 Nov 2023 22:13:20 +0000\n"
    b"Message-ID: <2@example.com>\nMIME-Version: 1.0\n"
)
TEXT = b"Content-Type: text/plain\n\nHello.\n"


def lines(data, width, mark=b"\n"):
    return mark.join(data[i : i + width] for i in range(0, len(data), width))


def b64(data, width=76):
    return lines(base64.b64encode(data), width) + b"\n"


def uuencoded(data, prefix=b"", trim=False):
    rows = [b"begin 644 p.bin"]
    for i in range(0, len(data), 45):
        row = binascii.b2a_uu(data[i : i + 45]).rstrip(b"\n")
        rows.append(row.rstrip(b" ") if trim else row)
    return b"".join(prefix + row + b"\n" for row in [*rows, b"`", b"end"])


def xxencoded(data):
    digits = b"+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    rows = [row.ljust(61) if row[:1] == b"M" else row for row in uuencoded(data).split(b"\n")[1:-3]]
    # The last row's blanks count as digits, too.
    rows = [row.ljust(1 + ((row[0] - 32 & 63) + 2) // 3 * 4) for row in rows]
    body = b"".join(bytes(digits[byte - 32 & 63] for byte in row) + b"\n" for row in rows)
    return b"begin 644 p.bin\n" + body + b"+\nend\n"


def yenc(data, part=None, offset=0, size=None):
    rows, row = [], b""
    for byte in data:
        code = byte + 42 & 255
        row += bytes([0x3D, code + 64 & 255]) if code in (0, 10, 13, 0x3D) else bytes([code])
        if len(row) >= 128:
            rows, row = [*rows, row], b""
    body = b"".join(row + b"\r\n" for row in [*rows, row] if row)
    size = size or len(data)
    if part is None:
        head, end = b"=ybegin line=128 size=%d name=p.bin\r\n" % size, b"=yend size=%d\r\n" % len(data)
    else:
        head = b"=ybegin part=%d line=128 size=%d name=p.bin\r\n=ypart begin=%d end=%d\r\n"
        head %= (part, size, offset + 1, offset + len(data))
        end = b"=yend size=%d part=%d\r\n" % (len(data), part)
    return head + body + end


def binhex(data, resource=b""):
    digits = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"

    def checked(part):
        return part + binascii.crc_hqx(part, 0).to_bytes(2, "big")

    head = b"\x05p.bin\0TEXTttxt\0\0" + len(data).to_bytes(4, "big") + len(resource).to_bytes(4, "big")
    packed, i = bytearray(), 0
    raw = checked(head) + checked(data) + checked(resource)
    while i < len(raw):
        run = 1
        while run < 255 and raw[i + run : i + run + 1] == raw[i : i + 1]:
            run += 1
        if raw[i] == 0x90:
            packed, i = packed + b"\x90\0", i + 1
        elif run > 3:
            packed, i = packed + bytes([raw[i], 0x90, run]), i + run
        else:
            packed, i = packed + raw[i : i + 1], i + 1
    bits = "".join(f"{byte:08b}" for byte in packed)
    bits += "0" * (-len(bits) % 6)
    text = b":" + bytes(digits[int(bits[i : i + 6], 2)] for i in range(0, len(bits), 6)) + b":"
    return b"(This file must be converted with BinHex 4.0)\n\n" + lines(text, 64) + b"\n"


def part(encoding, data, kind=b"application/octet-stream"):
    bodies = {b"base64": b64, b"quoted-printable": lambda body: quopri.encodestring(body, quotetabs=True)}
    body = bodies.get(encoding, lambda body: body)(data)
    return (
        b'Content-Type: %s; name="p.bin"\nContent-Disposition: attachment; filename="p.bin"\n' % kind
        + b"Content-Transfer-Encoding: %s\n\n" % encoding
        + body
    )


def multipart(parts, kind=b"mixed", declared=b'"cut"', cut=b"cut", head=HEAD, before=b"", after=b"", closed=True):
    body = b"".join(b"--" + cut + b"\n" + one.rstrip(b"\n") + b"\n" for one in parts)
    end = b"--" + cut + b"--\n" if closed else b""
    return head + b"Content-Type: multipart/%s; boundary=%s\n\n" % (kind, declared) + before + body + end + after


def folded(name, value):
    text = name + base64.b64encode(value)
    return lines(text[:75], 75) + b"\r\n " + lines(text[75:], 74, b"\r\n ")


def tnef(data, key=b"\x78\x9f\x3e\x22\1\0"):
    def attribute(level, number, value):
        checksum = sum(value) & 0xFFFF
        return bytes([level]) + number.to_bytes(4, "little") + len(value).to_bytes(4, "little") + value + (
            checksum.to_bytes(2, "little")
        )

    start = attribute(1, 0x00089006, b"\0\0\1\0") + attribute(2, 0x00069002, b"\1\0" + b"\xff" * 4 + bytes(8))
    return key + start + attribute(2, 0x00018010, b"p.bin\0") + attribute(2, 0x0006800F, data)


def tnef_object(data):
    """An attachment that is an object: a list of one MAPI property."""
    value = bytes(range(16)) + data
    listed = (1).to_bytes(4, "little") + (0x3701000D).to_bytes(4, "little") + (1).to_bytes(4, "little")
    listed += len(value).to_bytes(4, "little") + value + bytes(-len(value) % 4)
    head = b"\x78\x9f\x3e\x22\1\0\2" + (0x00069005).to_bytes(4, "little") + len(listed).to_bytes(4, "little")
    return head + listed + (sum(listed) & 0xFFFF).to_bytes(2, "little")


def active_mime(data):
    head = b"ActiveMime\0\0\1\xf0\4\0\0\0" + b"\xff" * 4 + bytes(8) + b"\4\0"
    return head.ljust(0x32, b"\0") + zlib.compress(data)


def value(tag, *contents):
    body = b"".join(contents)
    length = bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2, "big")
    return bytes([tag]) + length + body


def compressed_cms(data):
    kind = bytes.fromhex("060b2a864886f70d0109100109")
    zlib_algorithm = value(0x30, bytes.fromhex("060b2a864886f70d0109100308"))
    inner = value(0x30, bytes.fromhex("06092a864886f70d010701"), value(0xA0, value(4, zlib.compress(data))))
    return value(0x30, kind, value(0xA0, value(0x30, b"\2\1\0", zlib_algorithm, inner)))


def time_stamped(data):
    """In BER, with lengths that are not known beforehand and an octet string in pieces."""
    pieces = b"".join(value(4, data[i : i + 100]) for i in range(0, len(data), 100))
    body = b"\x30\x80\2\1\1\x16\3a:b\x24\x80" + pieces + b"\0\0\xa0\2\x30\0\0\0"
    return b"\x30\x80" + bytes.fromhex("060b2a864886f70d010910011f") + b"\xa0\x80" + body + b"\0\0\0\0"


@functools.cache
def certificate():
    """A throw-away certificate and its key."""
    with tempfile.TemporaryDirectory() as folder:
        names = [os.path.join(folder, name) for name in ("k", "c")]
        request = ["-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a", "-days", "9"]
        subprocess.run(
            ["openssl", "req", *request, "-keyout", names[0], "-out", names[1]], check=True, capture_output=True)
        return [open(name, "rb").read() for name in names]


def openssl(data, *arguments):
    """Returns what `openssl` makes of the data; `k` and `c` are the key and the certificate."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in zip(("k", "c", "in"), (*certificate(), data)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        source = ("-in", "in") if data else ()
        command = ["openssl", arguments[0], *source, *arguments[1:]]
        command[-1:] = ["-out", "out", "c"] if command[-1] == "c" and "-encrypt" in command else [command[-1], "-out", "out"]
        subprocess.run(command, check=True, cwd=folder, capture_output=True)
        with open(os.path.join(folder, "out"), "rb") as file:
            return file.read()


SIGN = ("-signer", "c", "-inkey", "k")


def every_letter(payload):
    """Returns each letter or text by name."""
    found = {}
    attached = part(b"base64", payload)
    quoted = part(b"quoted-printable", payload)
    for kind in ("signed", "parallel", "related", "alternative", "report", "encrypted", "form-data", "digest", "x-own"):
        found[f"{kind}.eml"] = multipart([TEXT, attached], kind.encode())
    found["cr-only.eml"] = multipart([TEXT, attached]).replace(b"\n", b"\r")
    if b"\n" not in payload:
        found["cr-only-quoted.eml"] = multipart([TEXT, quoted]).replace(b"\n", b"\r")
    found["no-blank-line.eml"] = multipart([TEXT, attached.replace(b"base64\n\n", b"base64\n")])
    found["no-blank-line-quoted.eml"] = multipart([TEXT, quoted.replace(b"printable\n\n", b"printable\n")])
    found["no-end.eml"] = multipart([TEXT, quoted], closed=False).rstrip(b"\n")
    boundaries = {
        "continued": b"x; boundary*0=cu; boundary*1=t", "twice": b"other; boundary=cut", "other-case": b"CUT",
        "comment": b"cut (a comment)", "missing": b"", "single-quotes": b"'cut'", "blanks": b'"cut  "',
    }
    for name, declared in boundaries.items():
        found[f"boundary-{name}.eml"] = multipart([TEXT, quoted], declared=declared)
    nested = b"Content-Type: multipart/mixed; boundary=cut\n\n--cut\n" + quoted
    found["boundary-of-parent.eml"] = multipart([TEXT, nested])
    encodings = {
        "misspelt": b"base-64", "quoted": b'"base64"', "comment": b"(a) base64", "twice": b"7bit\nContent-Transfer-Encoding: base64",
        "folded": b"\n  base64", "wrong": b"7bit",
    }
    for name, encoding in encodings.items():
        found[f"encoding-{name}.eml"] = multipart([TEXT, attached.replace(b"Encoding: base64", b"Encoding: " + encoding)])
    text = base64.b64encode(payload)
    bodies = {
        "junk": b64(payload).replace(b"\n", b" !\n"), "one-line": text + b"\n", "odd-lines": b64(payload, 75),
        "blank-lines": b64(payload).replace(b"\n", b"\n\n"), "comment-lines": b"(a comment)\n" + b64(payload),
        "padding-within": base64.b64encode(payload[:100]) + b"\n" + b64(payload[100:]),
        "stray-padding": text[:9] + b"=" + text[9:] + b"\n",
    }
    for name, body in bodies.items():
        found[f"base64-{name}.eml"] = multipart([TEXT, part(b"base64", b"") + body])
    found["before-the-parts.eml"] = multipart([TEXT], before=uuencoded(payload))
    found["after-the-parts.eml"] = multipart([TEXT], after=uuencoded(payload))
    found["no-version.eml"] = multipart([TEXT, quoted], head=HEAD.replace(b"MIME-Version: 1.0\n", b""))
    found["only-a-type.eml"] = multipart([TEXT, quoted], head=b"")
    found["behind-junk.eml"] = b"junk\n" + multipart([TEXT, quoted])
    found["mailbox.mbox"] = b"".join(
        b"From a@example.com Tue Nov 14 22:13:20 2023\n" + one + b"\n" for one in (HEAD + TEXT, multipart([quoted]))
    )
    deep = quoted
    for level in range(20):
        deep = b"Content-Type: multipart/mixed; boundary=cut%d\n\n--cut%d\n" % (level, level) + deep
    found["deep.eml"] = HEAD + deep
    letter = multipart([TEXT, quoted])
    for _ in range(20):
        letter = HEAD + b"Content-Type: message/rfc822\n\n" + letter
    found["deep-letters.eml"] = letter

    encoded = {
        "uuencode": uuencoded(payload), "uuencode-quoted": uuencoded(payload, b"> "), "xxencode": xxencoded(payload),
        "uuencode-indented": uuencoded(payload, b"    "), "uuencode-trimmed": uuencoded(payload, trim=True),
        "begin-base64": b"begin-base64 644 p.bin\n" + b64(payload) + b"====\n", "yenc": yenc(payload),
        "binhex": binhex(payload), "binhex-resource": binhex(b"x" * 40, payload), "base64": b64(payload),
        "yenc-parts": b"".join(
            yenc(payload[i : i + 50], i // 50 + 1, i, len(payload)) for i in range(0, len(payload), 50)
        ),
    }
    for name, data in encoded.items():
        found[f"{name}.txt"] = b"Some words before it.\n\n" + data + b"\nand some behind it\n"
        found[f"{name}.eml"] = HEAD + b"\nHello.\n\n" + data + b"\nBye.\n"
        if name.startswith("uu"):
            found[f"{name}-crlf.txt"] = b"Words.\r\n" + data.replace(b"\n", b"\r\n")
    event = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n%s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    found["attachment.ics"] = event % folded(b"ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY:", payload)
    card = b"BEGIN:VCARD\r\nVERSION:3.0\r\n%s\r\nEND:VCARD\r\n"
    found["picture.vcf"] = card % folded(b"PHOTO;ENCODING=b;TYPE=JPEG:", payload)
    found["picture-uri.vcf"] = card % folded(b"PHOTO:data:image/png;base64,", payload)
    old = b"PHOTO;ENCODING=BASE64;JPEG:\r\n " + b64(payload).rstrip().replace(b"\n", b"\r\n ") + b"\r\n\r\n"
    found["picture-2.vcf"] = card % old
    literals = b"".join(b"\0" + payload[i : i + 8] for i in range(0, len(payload), 8))
    found["body.lzfu"] = struct.pack("<II4sI", len(literals) + 12, len(payload), b"LZFu", 0) + literals
    found["picture-folded-name.vcf"] = card % folded(b"PHOTO;ENCOD\r\n ING=b:", payload)
    found["attachment-quoted-colon.ics"] = event % folded(b'ATTACH;X-A="x:y";ENCODING=BASE64:', payload)
    short = b64(payload).replace(b"\n", b"")
    short = b"\n ".join(short[i : i + 30] for i in range(0, len(short), 30))
    found["directory.ldif"] = b"version: 1\n\ndn: cn=a\nobjectClass: person\njpegPhoto:: " + short + b"\nsn: a\n"
    found["winmail.dat"] = tnef(payload)
    found["winmail.eml"] = multipart([TEXT, part(b"base64", tnef(payload), b"application/ms-tnef")])
    found["winmail-object.dat"] = tnef_object(tnef(payload))
    found["macros.mso"] = active_mime(payload)
    found["macros.mht"] = multipart(
        [b"Content-Type: text/html\n\n<html></html>\n", part(b"base64", active_mime(payload), b"application/x-mso")],
        b"related",
    )
    for form in ("DER", "PEM", "SMIME"):
        for stream in ((), ("-stream",)):
            name = f"{form.lower()}{'-stream' if stream else ''}"
            found[f"cms-signed-{name}.p7m"] = openssl(
                payload, "cms", "-sign", "-binary", "-nodetach", *SIGN, "-outform", form, *stream
            )
    found["cms-digested.p7m"] = openssl(payload, "cms", "-digest_create", "-binary", "-outform", "DER")
    signed = openssl(payload, "cms", "-sign", "-binary", "-nodetach", *SIGN, "-outform", "DER")
    found["cms-twice.p7m"] = openssl(signed, "cms", "-sign", "-binary", "-nodetach", *SIGN, "-outform", "DER")
    found["cms-compressed.p7z"] = compressed_cms(payload)
    found["cms-compressed.eml"] = multipart([part(b"base64", compressed_cms(payload), b"application/pkcs7-mime")])
    found["cms-time-stamped.tsd"] = time_stamped(payload)
    return found


def elsewhere(letters):
    """Returns each file in a ZIP, in a letter, and in a ZIP in a letter in a ZIP."""
    found = {}
    for name, data in letters.items():
        packed = zips.archive([(name, data)])
        found[f"zip/{name}.zip"] = packed
        found[f"letter/{name}.eml"] = containers.mail("base64", data)
        found[f"twice/{name}.zip"] = zips.archive([("post.eml", containers.mail("base64", packed))])
    return found


def others(zoo, payload):
    """Encrypted letters, letters that are not whole, and innocents beside each kind."""
    for form in ("DER", "PEM", "SMIME"):
        data = openssl(payload, "cms", "-encrypt", "-aes128", "-binary", "-outform", form, "c")
        zoo.add(f"letters-encrypted/cms-{form.lower()}.p7m", data)
        zoo.add(f"letters-encrypted/cms-{form.lower()}-in-zip.zip", zips.archive([("a.p7m", data)]))
    fragment = HEAD + b"Content-Type: message/partial; id=1; number=1; total=2\n\n" + multipart([TEXT])
    zoo.add("letters-encrypted/fragment.eml", fragment)
    for name, data in innocents().items():
        zoo.add(f"letters-innocent/{name}", data)
        zoo.add(f"letters-innocent/zip/{name}.zip", zips.archive([(name, data)]))
        zoo.add(f"letters-innocent/letter/{name}.eml", containers.mail("base64", data))


def innocents():
    found = {}
    words = prose(900).decode()
    with_picture = EmailMessage()
    with_picture["From"], with_picture["To"], with_picture["Subject"] = "a@example.com", "b@example.com", "Grüße"
    with_picture.set_content("größe\n" + words)
    with_picture.add_alternative("<html><body><p>größe</p></body></html>", subtype="html")
    with_picture.add_attachment(zips.archive([("a.txt", prose(500))]), maintype="application", subtype="zip", filename="a.zip")
    found["attachments.eml"] = with_picture.as_bytes()
    forwarded = EmailMessage()
    forwarded["From"], forwarded["Subject"] = "c@example.com", "Fwd"
    forwarded.set_content("see below")
    forwarded.add_attachment(with_picture)
    found["forwarded.eml"] = forwarded.as_bytes()
    thread = words
    for level in range(20):
        thread = f"From: {level}@example.com\nSubject: again\nDate: today\n\n" + thread
    found["thread.eml"] = thread.encode()
    status = b"Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; b@example.com\nAction: failed\n"
    returned = b"Content-Type: text/rfc822-headers\n\nFrom: a@example.com\nSubject: x\n"
    found["bounce.eml"] = multipart(
        [TEXT, b"Content-Type: message/delivery-status\n\n" + status, returned], b"report")
    found["abuse.eml"] = multipart(
        [TEXT, b"Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: a/1\nVersion: 1\n",
         b"Content-Type: message/rfc822\n\n" + HEAD + TEXT], b"report")
    found["digest.eml"] = multipart([b"\n" + HEAD + TEXT, b"\n" + HEAD + TEXT], b"digest")
    found["elsewhere.eml"] = multipart(
        [TEXT, b"Content-Type: message/external-body; access-type=anon-ftp; name=a\n\nContent-Type: text/plain\n\n"])
    page = MIMEMultipart("related", type="text/html")
    page["From"], page["Subject"] = "<Saved by a browser>", "page"
    page.attach(MIMEText("<html><body><img src='cid:1'></body></html>", "html"))
    page.attach(MIMEApplication(prose(300), "octet-stream"))
    found["page.mht"] = page.as_bytes()
    found["signed.eml"] = openssl(with_picture.as_bytes(), "smime", "-sign", *SIGN)
    found["signature.p7s"] = openssl(words.encode(), "cms", "-sign", "-binary", *SIGN, "-outform", "DER")
    found["certificates.p7b"] = openssl(b"", "crl2pkcs7", "-nocrl", "-certfile", "c")
    found["signature.pem"] = openssl(words.encode(), "cms", "-sign", "-binary", *SIGN, "-outform", "PEM")
    found["about.txt"] = (
        b"To send a file, put it between a line such as\nbegin 644 name\nand a line that says\nend\n"
        b"yEnc has =ybegin line=128 size=1 name=a in its first line.\n"
        b"(This file must be converted with BinHex 4.0) is what BinHex begins with: see http://example.com/\n"
        b"Content-Transfer-Encoding: base64 is a field.\n\n" + prose(500)
    )
    found["begin.pas"] = b"program a;\nbegin 100 words\n  writeln('a');\nend.\n" * 30
    found["hashes.txt"] = b"".join(b"%064x\n" % (7**90 + i) for i in range(200))
    found["bases.fasta"] = b">one\n" + lines(b"ACGTTGCA" * 300, 60) + b"\n"
    found["names.txt"] = b"\n".join(word.capitalize() for word in prose(6000).split()) + b"\n"
    found["key.pem"] = b"-----BEGIN PRIVATE KEY-----\n" + b64(bytes(range(256)) * 3, 64) + b"-----END PRIVATE KEY-----\n"
    found["clear-signed.asc"] = (
        b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" + prose(300)
        + b"\n-----BEGIN PGP SIGNATURE-----\n\n" + b64(b"\x88\x75" + prose(110)[:119], 64) + b"-----END PGP SIGNATURE-----\n")
    found["calendar.ics"] = (
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:a\r\nATTACH:https://example.com/a.pdf\r\n"
        b"END:VEVENT\r\nEND:VCALENDAR\r\n")
    found["source.py"] = (
        b'"""Tests of mail."""\nLETTER = """\\\n' + multipart([TEXT, b"Content-Type: message/rfc822\n\n" + HEAD + TEXT])
        + b'"""\n') * 20
    found["rest.dat"] = tnef(prose(400))[:-1]
    return found
