"""What programs export for others: of banks and books, of clinics, signed and sealed documents, letters of other programs, safes of
passwords, instruments and statistics."""

import base64
import functools
import gzip
import io
import json
import lzma
import struct
import zlib

from letters import letter
from making import OCTETS, jpeg, noise, png, zipped

XML = ["application/xml", "text/xml"]
DAY = "2026-01-02"


def encoded(body: bytes) -> str:
    return base64.b64encode(body).decode()


def lines(body: bytes, width=76) -> str:
    text = encoded(body)
    return "\n".join(text[at : at + width] for at in range(0, len(text), width)) + "\n"


@functools.cache
def paper() -> bytes:
    import pikepdf

    out = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(out)
    return out.getvalue()


def books():
    rows = "".join(f"<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>202601{n:02}<TRNAMT>-{n}.50<FITID>{n}<NAME>Shop &amp; Co</STMTTRN>\r\n" for n in range(1, 29))
    yield "statement.ofx", f"OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nSECURITY:NONE\r\nENCODING:USASCII\r\nCHARSET:1252\r\n\r\n<OFX><BANKMSGSRSV1><STMTTRNRS><BANKTRANLIST>\r\n{rows}</BANKTRANLIST></STMTTRNRS></BANKMSGSRSV1></OFX>\r\n".encode(), ["application/x-ofx", "application/vnd.intu.qfx", *OCTETS]
    yield "statement-2.ofx", b'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<?OFX OFXHEADER="200" VERSION="220" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\n<OFX><SIGNONMSGSRSV1/></OFX>\n', ["application/x-ofx", *XML]
    yield "statement.qif", "!Type:Bank\nD1/2/26\nT-12.50\nPShop\nLFood\n^\n".encode() * 40, ["application/qif", "application/x-qw", "text/plain", "image/x-quicktime"]
    yield "statement.sta", b":20:STARTUMS\r\n:25:10020030/1234567\r\n:28C:1/1\r\n:60F:C260101EUR1234,56\r\n" + b":61:2601020102DR12,50N033NONREF\r\n:86:005?00CARD?20SHOP?32ANN\r\n" * 30 + b":62F:C260131EUR1000,00\r\n-\r\n", ["text/plain", *OCTETS]
    yield "payments.xml", ('<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>' + "".join(f"<CdtTrfTxInf><PmtId><EndToEndId>{noise(16, n).hex()}</EndToEndId></PmtId><Amt><InstdAmt Ccy='EUR'>{n}.50</InstdAmt></Amt><IBAN>DE8937040044053201{n:04}</IBAN></CdtTrfTxInf>" for n in range(60)) + "</CstmrCdtTrfInitn></Document>").encode(), XML
    yield "orders.edi", b"UNA:+.? 'UNB+UNOC:3+4012345000000:14+4098765000000:14+260102:1030+1'UNH+1+ORDERS:D:96A:UN'" + b"LIN+1++4000862141404:EN'QTY+21:48'" * 60 + b"UNT+123+1'UNZ+1+1'", ["application/EDIFACT", "application/edifact", "text/plain", *OCTETS]
    yield "claim.x12", b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260102*1030*^*00501*000000001*0*P*:~GS*HC*S*R*20260102*1030*1*X*005010X222A1~" + b"LX*1~SV1*HC:99213*40*UN*1***1~DTP*472*D8*20260102~" * 40 + b"GE*1*1~IEA*1*000000001~", ["application/EDI-X12", "text/plain", *OCTETS]
    yield "datev.csv", "".join(['"EXTF";700;21;"Buchungsstapel";13;20260102103000000;;"RE";"";"";1001;456;20260101;4\r\n', "Umsatz;Soll/Haben;Konto;Gegenkonto;Beleg;Text\r\n"] + [f'{n},50;"S";1200;8400;"R-{n}";"Müller & Söhne"\r\n' for n in range(50)]).encode("cp1252"), ["text/csv", "application/vnd.ms-excel"]
    yield "books.gnucash", gzip.compress(b'<?xml version="1.0" encoding="utf-8" ?>\n<gnc-v2 xmlns:gnc="http://www.gnucash.org/XML/gnc">\n' + b"".join(b"<gnc:account><act:id type='guid'>%s</act:id></gnc:account>\n" % noise(16, n).hex().encode() for n in range(90)) + b"</gnc-v2>\n"), ["application/x-gnucash", "application/gzip", *OCTETS]
    yield "invoice-attached.xml", f'<?xml version="1.0" encoding="UTF-8"?>\n<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cbc="urn:x"><cac:Attachment><cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf" filename="invoice.pdf">{encoded(paper())}</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></Invoice>\n'.encode(), XML
    yield "invoice-cii.xml", f'<?xml version="1.0" encoding="UTF-8"?>\n<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"><ram:AttachmentBinaryObject mimeCode="text/csv" filename="hours.csv">{encoded(b"day;hours" + bytes((13, 10)) + b"1;8" * 40)}</ram:AttachmentBinaryObject></rsm:CrossIndustryInvoice>\n'.encode(), XML
    yield "audit.xml", ('<?xml version="1.0" encoding="windows-1252"?>\n<AuditFile xmlns="urn:OECD:StandardAuditFile-Tax:PT_1.04_01">' + "".join(f"<Invoice><Hash>{encoded(noise(128, n))}</Hash><HashControl>1</HashControl></Invoice>\n" for n in range(40)) + "</AuditFile>\n").encode("cp1252"), XML


def clinics():
    yield "results.hl7", b"MSH|^~\\&|LAB|HOSPITAL|EHR|CLINIC|20260102103000||ORU^R01|1|P|2.5.1\rPID|1||12345^^^HOSP^MR||DOE^JANE||19700101|F\r" + b"OBX|1|NM|718-7^Hemoglobin^LN||13.2|g/dL|12-16|N|||F\r" * 30, ["x-application/hl7-v2+er7", "text/plain", *OCTETS]
    yield "report.hl7", b"MSH|^~\\&|RIS|HOSPITAL|EHR|CLINIC|20260102103000||ORU^R01|2|P|2.5.1\rOBX|1|ED|PDF^Report^L||RIS^Application^PDF^Base64^" + encoded(paper()).encode() + b"||||||F\r", ["text/plain", *OCTETS]
    yield "patient.fhir.json", json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType": "DocumentReference", "content": [{"attachment": {"contentType": "application/pdf", "data": encoded(paper())}}]}}, {"resource": {"resourceType": "Patient", "id": "a", "photo": [{"contentType": "image/png", "data": encoded(png())}]}}]}, indent=1).encode(), ["application/fhir+json", "application/json"]
    yield "summary.xml", f'<?xml version="1.0"?>\n<?xml-stylesheet type="text/xsl" href="CDA.xsl"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3"><component><nonXMLBody><text mediaType="application/pdf" representation="B64">{lines(paper())}</text></nonXMLBody></component></ClinicalDocument>\n'.encode(), XML
    yield "heart.edf", b"0       " + b"X X X X".ljust(80) + b"Startdate 02-JAN-2026".ljust(80) + b"02.01.2610.30.00" + b"512     ".ljust(8) + b"EDF+C".ljust(44) + b"10      1       1   ECG             ".ljust(272) + noise(3000), OCTETS
    yield "heart.scp", struct.pack("<HI", 0x1234, 3006) + noise(3000), OCTETS
    yield "cells.fcs", b"FCS3.1          58     900     901    4000       0       0".ljust(58) + b"|$TOT|100|$PAR|2|$DATATYPE|F|$MODE|L|$BYTEORD|1,2,3,4|".ljust(843) + noise(3100), ["application/vnd.isac.fcs", *OCTETS]
    yield "series.zip", zipped({"DICOMDIR": bytes(128) + b"DICM" + noise(900), **{f"IMG{n:04}": bytes(128) + b"DICM\2\0\0\0UL\4\0\xc0\0\0\0\2\0\2\0UI\x1a\x001.2.840.10008.5.1.4.1.1.2\0" + noise(2000, n) for n in range(6)}}), ["application/zip", "application/x-zip-compressed"]


@functools.cache
def signer():
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Ann")])
    day = datetime.datetime(2026, 1, 1)
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day + datetime.timedelta(days=900))
    return built.sign(key, hashes.SHA256()), key


def sealed(body: bytes, encoding: str, *options: str) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

    built = pkcs7.PKCS7SignatureBuilder().set_data(body).add_signer(*signer(), hashes.SHA256())
    return built.sign(getattr(Encoding, encoding), [getattr(pkcs7.PKCS7Options, option) for option in options])


def seals():
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7, pkcs12

    certificate, key = signer()
    yield "contract.pdf.p7m", sealed(paper(), "DER", "Binary"), ["application/pkcs7-mime", "application/x-pkcs7-mime"]
    yield "invoice.xml.p7m", sealed(b'<?xml version="1.0"?><FatturaElettronica versione="FPR12"/>' * 9, "DER", "Binary"), ["application/pkcs7-mime", *OCTETS]
    yield "invoice-base64.xml.p7m", lines(sealed(b'<?xml version="1.0"?><FatturaElettronica versione="FPR12"/>' * 9, "DER", "Binary"), 64).encode(), ["application/pkcs7-mime", "text/plain"]
    yield "contract.p7s", sealed(paper(), "DER", "DetachedSignature", "Binary"), ["application/pkcs7-signature", "application/x-pkcs7-signature"]
    yield "chain.p7b", pkcs7.serialize_certificates([certificate], Encoding.PEM), ["application/x-pkcs7-certificates"]
    yield "chain-der.p7b", pkcs7.serialize_certificates([certificate], Encoding.DER), ["application/x-pkcs7-certificates"]
    yield "identity.p12", pkcs12.serialize_key_and_certificates(b"ann", key, certificate, None, NoEncryption()), ["application/x-pkcs12"]
    yield "identity.pem", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM), ["application/x-pem-file", "application/x-x509-ca-cert", "text/plain"]
    inner = letter("Signed")
    inner.set_content("Words.")
    inner.add_attachment(paper(), "application", "pdf", filename="a.pdf")
    yield "opaque.eml", (b"From: a@example.org\r\nTo: b@example.org\r\nSubject: Opaque\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=smime.p7m\r\n\r\n" + lines(sealed(inner.as_bytes(), "DER", "Binary")).replace("\n", "\r\n").encode()), ["message/rfc822"]
    yield "clear.eml", b"From: a@example.org\r\nTo: b@example.org\r\nSubject: Clear\r\n" + sealed(inner.as_bytes(), "SMIME", "DetachedSignature"), ["message/rfc822"]
    signature = f'<?xml version="1.0" encoding="UTF-8"?>\n<asic:XAdESSignatures xmlns:asic="http://uri.etsi.org/02918/v1.2.1#"><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignatureValue>{encoded(noise(256))}</ds:SignatureValue><ds:X509Certificate>{encoded(certificate.public_bytes(Encoding.DER))}</ds:X509Certificate><xades:EncapsulatedTimeStamp>{encoded(noise(1200))}</xades:EncapsulatedTimeStamp><xades:EncapsulatedOCSPValue>{encoded(noise(700, 2))}</xades:EncapsulatedOCSPValue></ds:Signature></asic:XAdESSignatures>'
    for ending, kind in (("asice", "application/vnd.etsi.asic-e+zip"), ("bdoc", "application/vnd.bdoc-1.0"), ("sce", "application/vnd.etsi.asic-e+zip")):
        yield f"contract.{ending}", zipped({"mimetype": kind.encode(), "contract.pdf": paper(), "META-INF/manifest.xml": b'<?xml version="1.0"?><manifest:manifest/>', "META-INF/signatures0.xml": signature.encode()}), [kind, "application/zip", *OCTETS]
    yield "signed.xml", signature.encode(), XML
    yield "signed.pdf", signed_pdf(), ["application/pdf"]
    yield "stamp.tsr", bytes.fromhex("3082") + struct.pack(">H", 0x408) + b"\x30\3\2\1\0\x30\x82" + struct.pack(">H", 0x3FF) + noise(0x3FF), ["application/timestamp-reply"]


def signed_pdf() -> bytes:
    """A PDF with a second revision: a signature over all but its own digits, as Acrobat adds it."""
    body = paper().rstrip() + b"\n"
    digits = sealed(body, "DER", "DetachedSignature", "Binary").hex().encode().ljust(8192, b"0")
    start = len(body)
    head = b"90 0 obj\n<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/M(D:20260102103000Z)/ByteRange[0 %d %d %d]/Contents<" % (start + 150, start + 8400, 300)
    table = start + len(head) + len(digits) + 12
    return body + head + digits + b">>>\nendobj\nxref\n90 1\n%010d 00000 n \ntrailer\n<</Size 91/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (start, int(body.rsplit(b"startxref\n", 1)[1].split()[0]), table)


def boxes():
    def message(number: int) -> bytes:
        one = letter(f"Number {number}", **{"X-GM-THRID": str(number), "X-Gmail-Labels": "=?UTF-8?Q?Archiviert,Wichtig?="})
        one.set_content("From here on,\n>From there\nwords\n")
        one.add_alternative("<div dir=\"ltr\">words</div>", subtype="html")
        one.add_attachment(jpeg(), "image", "jpeg", filename="IMG_1.jpg")
        return b"From %d@xxx Fri Jan 02 10:30:00 +0000 2026\r\n" % number + one.as_bytes().replace(b"\nFrom ", b"\n>From ").replace(b"\n", b"\r\n") + b"\r\n"

    yield "takeout.mbox", b"".join(message(number) for number in range(5)), ["application/mbox", "text/plain", *OCTETS]
    one = letter("Thunderbird", **{"X-Mozilla-Status": "0001", "X-Mozilla-Status2": "00000000", "X-Mozilla-Keys": " " * 80})
    one.set_content("words")
    one.add_attachment(zipped({"a.txt": b"words"}), "application", "x-zip-compressed", filename="a.zip")
    yield "thunderbird.eml", one.as_bytes(), ["message/rfc822"]
    yield "outlook.eml", b"\xef\xbb\xbf" + letter("Outlook").as_bytes().replace(b"\n", b"\r\n") + b'Content-Type: text/html; charset="utf-8"\r\n\r\n<html xmlns:o="urn:schemas-microsoft-com:office:office"><body>words</body></html>\r\n', ["message/rfc822"]
    yield "people.ldif", f"version: 1\ndn: cn=Ann,ou=People,dc=example,dc=org\nobjectClass: inetOrgPerson\ncn:: {encoded('Zoë Ännn'.encode())}\njpegPhoto:: {encoded(jpeg())[:60]}\n ".encode() + "\n ".join(encoded(jpeg())[at : at + 76] for at in range(60, len(encoded(jpeg())), 76)).encode() + b"\n\n", ["text/x-ldif", "text/plain", *OCTETS]
    yield "messages.xml", ("<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<smses count=\"9\">" + "".join(f'<sms address="+49" date="1767323046000" body="Words &#128512;" /><mms><parts><part seq="0" ct="image/jpeg" name="IMG.jpg" data="{encoded(jpeg())}" /></parts></mms>\n' for _ in range(9)) + "</smses>\n").encode(), XML
    yield "chat-result.json", json.dumps({"name": "Chat", "messages": [{"id": n, "type": "message", "text": ["words ", {"type": "link", "text": "https://example.org"}]} for n in range(99)]}).encode(), ["application/json"]
    yield "note.enex", f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE en-export SYSTEM "http://xml.evernote.com/pub/evernote-export4.dtd">\n<en-export><note><title>Note</title><content><![CDATA[<?xml version="1.0"?><en-note>words</en-note>]]></content><resource><data encoding="base64">\n{lines(png())}</data><mime>image/png</mime></resource><resource><data encoding="base64">\n{lines(paper())}</data></resource></note></en-export>\n'.encode(), ["application/xml", "application/enex+xml", *OCTETS]


def safes():
    yield "vault.1pux", zipped({"export.attributes": b'{"version":3}', "export.data": b'{"accounts":[]}', "files/": b"", "files/a__scan.pdf": paper()}), OCTETS + ["application/zip"]
    yield "vault.json", json.dumps({"encrypted": False, "items": [{"type": 1, "login": {"username": "a", "password": encoded(noise(24, n)), "totp": "otpauth://totp/x?secret=ABC"}} for n in range(60)]}).encode(), ["application/json"]
    yield "vault.xml", ('<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<KeePassFile><Meta><Binaries>' + f'<Binary ID="0" Compressed="True">{encoded(gzip.compress(paper(), mtime=0))}</Binary><Binary ID="1">{encoded(png())}</Binary></Binaries></Meta>' + "".join(f"<Entry><UUID>{encoded(noise(16, n))}</UUID><IconID>{n}</IconID></Entry>" for n in range(60)) + "</KeePassFile>\n").encode(), XML
    yield "vault.csv", b"url,username,password,totp,extra,name,grouping,fav\n" + b"".join(b"https://example.org,ann,%s,,,Site,,0\n" % base64.b85encode(noise(15, n)).replace(b",", b".") for n in range(60)), ["text/csv", "application/vnd.ms-excel"]


def studies():
    yield "survey.sav", b"$FL2@(#) SPSS DATA FILE MS Windows 29.0.0".ljust(64) + struct.pack("<6id", 2, 4, 1, 0, 90, 0, 100.0) + noise(3000), ["application/x-spss-sav", *OCTETS]
    packed = b"".join(zlib.compress(bytes(range(200)) * 90) for _ in range(3))
    yield "survey.zsav", b"$FL3@(#) SPSS DATA FILE".ljust(64) + struct.pack("<6id", 2, 4, 2, 0, 90, 0, 100.0) + struct.pack("<3q", 112, 900, 80) + packed + noise(80), ["application/x-spss-sav", *OCTETS]
    yield "survey.por", (b"                                        " * 5 + b"ASCII SPSS PORT FILE".ljust(40)).ljust(640) + b"8/A8/20260102", ["application/x-spss-por", "text/plain", *OCTETS]
    yield "panel.dta", b"<stata_dta><header><release>118</release><byteorder>LSF</byteorder><K>\2\0</K><N>" + struct.pack("<Q", 90) + b"</N><label>\0\0</label></header><map>" + noise(112) + b"</map><data>" + noise(3000) + b"</data><strls></strls></stata_dta>", ["application/x-stata-dta", *OCTETS]
    yield "panel-old.dta", bytes([0x72, 2, 1, 0]) + struct.pack("<HI", 2, 90) + b"Label".ljust(81, b"\0") + b" 2 Jan 2026 10:30\0".ljust(18, b"\0") + noise(3000), ["application/x-stata", *OCTETS]
    yield "frame.rds", gzip.compress(b"X\n\0\0\0\3\0\4\3\1\0\3\5\0\0\0\0\5UTF-8" + noise(900), mtime=0), ["application/gzip", *OCTETS]
    yield "frame-xz.rds", lzma.compress(b"X\n\0\0\0\3\0\4\3\1" + noise(900)), ["application/x-xz", *OCTETS]
    yield "space.RData", b"RDA2\nA\n2\n262657\n131840\n1026\n1\n262153\n1\nx\n14\n9\n" + b"3.5\n" * 300, ["application/x-r-data", *OCTETS]
    element = zlib.compress(struct.pack("<II", 14, 800) + noise(800))
    yield "matrix-5.mat", b"MATLAB 5.0 MAT-file, Platform: PCWIN64, Created on: Fri Jan  2 10:30:00 2026".ljust(116) + bytes(8) + b"\0\1IM" + b"".join(struct.pack("<II", 15, len(element)) + element for _ in range(5)), ["application/x-matlab-data", *OCTETS]
    hdf = b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0\4\0\x10\0\0\0\0\0" + bytes(8) + b"\xff" * 8 + noise(3000)
    yield "matrix-7.mat", b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Fri Jan  2 10:30:00 2026 HDF5 schema 1.00 .".ljust(124) + b"\0\2IM" + bytes(384) + hdf, ["application/x-matlab-data", *OCTETS]
    yield "events.root", b"root" + struct.pack(">13i", 62400, 100, 5000, 4900, 63, 1, 58, 4, 1, 4800, 300, 1, 1) + bytes(44) + b"".join(b"ZL\x08" + struct.pack("<I", len(element))[:3] + struct.pack("<I", 808)[:3] + element for _ in range(5)), ["application/x-root", *OCTETS]
    yield "table.sas7bdat", bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011") + noise(4000), ["application/x-sas-data", *OCTETS]
    yield "table.xpt", b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!000000000000000000000000000000  " + b"SAS     SAS     SASLIB  9.4     X64_10P".ljust(80) + noise(2000), ["application/x-sas-xport", *OCTETS]
    yield "trace.ab1", b"ABIF\0\x65tdir" + struct.pack(">IHHIIII", 1, 1023, 28, 100, 2800, 128, 0) + noise(5000), OCTETS
    yield "slide.czi", b"ZISRAWFILE".ljust(16, b"\0") + struct.pack("<QQ", 512, 512) + bytes(512) + b"ZISRAWMETADATA".ljust(16, b"\0") + struct.pack("<QQ", 900, 900) + b"<ImageDocument/>".ljust(900), OCTETS
    yield "spectrum.jdx", b"##TITLE= Water\n##JCAMP-DX= 5.01\n##DATA TYPE= NMR SPECTRUM\n##XYDATA= (X++(Y..Y))\n" + b"100%A1234J2K3l4M5n6\n" * 90 + b"##END=\n", ["chemical/x-jcamp-dx", *OCTETS]
    yield "protein.pdb", b"HEADER    HYDROLASE                               02-JAN-26   1ABC\n" + b"ATOM      1  N   MET A   1      27.340  24.430   2.614  1.00  9.67           N\n" * 90 + b"END\n", ["chemical/x-pdb", "application/vnd.palm"]
    yield "protein.cif.gz", gzip.compress(b"data_1ABC\n#\nloop_\n_atom_site.id\n" + b"1\n2\n" * 90, mtime=0), ["application/gzip", *OCTETS]
    yield "molecules.sdf", b"water\n  RDKit          3D\n\n  3  2  0  0  0  0  0  0  0  0999 V2000\n    0.0000    0.0000    0.0000 O   0  0\nM  END\n> <ID>\n1\n\n$$$$\n" * 20, ["chemical/x-mdl-sdfile", "application/vnd.stardivision.math"]
    yield "plasmid.gb", b"LOCUS       X 300 bp DNA circular SYN 02-JAN-2026\nFEATURES             Location/Qualifiers\nORIGIN\n" + b"        1 acgtacgtac gtacgtacgt acgtacgtac gtacgtacgt acgtacgtac gtacgtacgt\n" * 30 + b"//\n", ["chemical/x-genbank", "text/plain", *OCTETS]
    yield "plasmid.dna", b"\x09\0\0\0\x0eSnapGene\0\1\0\x0f\0\x13\0\0\1\x2d\1" + b"acgt" * 75 + noise(900), OCTETS
    yield "quake.mseed", b"".join(f"{n:06}D ".encode() + b"STA  00BHZGE" + struct.pack(">HHBBBxHHhhBBBBiHH", 2026, 2, 10, 30, 0, 0, 400, 20, 1, 0, 0, 0, 1, 0, 64, 48).ljust(44, b"\0") + noise(448, n) for n in range(8)), ["application/vnd.fdsn.mseed", *OCTETS]
    yield "weather.grib2", b"".join(b"GRIB\0\0\0\2" + struct.pack(">Q", 1020) + noise(1000, n) + b"7777" for n in range(4)), ["application/wmo-grib", *OCTETS]
    yield "lines.segy", "C 1 CLIENT".ljust(3200).encode("cp500") + noise(4000), OCTETS


def bases():
    yield "dump.rdb", b"REDIS0011\xfa\x09redis-ver\x057.2.4\xfe\0\xfb\x02\0" + b"\0\x03key\x05value" * 60 + b"\xff" + noise(8), OCTETS
    yield "dump.sql.gz", gzip.compress(b"-- MySQL dump 10.13\nINSERT INTO `t` VALUES (1,0x" + noise(900).hex().encode() + b");\n", mtime=0), ["application/gzip", "application/sql", *OCTETS]
    yield "dump.bson", b"".join(struct.pack("<i", 27 + 8) + b"\x07_id\0" + noise(12, n) + b"\2a\0\5\0\0\0word\0\0".ljust(14, b"\0") for n in range(80)), OCTETS
    yield "contacts.fmp12", bytes.fromhex("000100000002000100050002000200c0") + b"HBAM7" + noise(3000), OCTETS
    yield "events.avro", b"Obj\1\4\x16avro.schema\x20" + b'{"type":"string"}' + b"\x14avro.codec\x0edeflate\0" + noise(3000), ["application/avro", *OCTETS]
    yield "events.feather", b"ARROW1\0\0" + noise(3000) + b"ARROW1", ["application/vnd.apache.arrow.file", *OCTETS]
    yield "events.orc", b"ORC" + noise(3000) + b"\x08\x10ORC\x17", OCTETS
    yield "report.pbix", zipped({"Version": "1.28".encode("utf-16-le"), "[Content_Types].xml": b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="json" ContentType="" /></Types>', "DataModel": "STREAM_STORAGE_SIGNATURE_)!@#$%^&*(".encode("utf-16-le") + noise(3000), "Report/Layout": '{"id":0}'.encode("utf-16-le"), "SecurityBindings": noise(300)}), OCTETS + ["application/vnd.ms-powerbi", "application/x-zip-compressed"]
    yield "report.twbx", zipped({"report.twb": b"<?xml version='1.0' encoding='utf-8' ?>\n<workbook/>", "Data/a.hyper": b"HyPe" + noise(3000)}), OCTETS + ["application/twbx"]


def every():
    for family in (books, clinics, seals, boxes, safes, studies, bases):
        for name, body, types in family():
            yield f"{family.__name__}-{name}", body, types
