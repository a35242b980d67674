import Domain
import Judging
import Testing

/// Each name that libclamav 1.4 reports without a signature, and its finding.
struct AlertFindingsTests {
    static let limits: [(String, String)] = [
        ("Heuristics.Limits.Exceeded.MaxFileSize", "max-file-size"),
        ("Heuristics.Limits.Exceeded.MaxFiles", "max-files"),
        ("Heuristics.Limits.Exceeded.MaxRecursion", "max-recursion"),
        ("Heuristics.Limits.Exceeded.MaxScanSize", "max-scan-size"),
        ("Heuristics.Limits.Exceeded.MaxScanTime", "max-scan-time"),
        ("Heuristics.Limits.Exceeded.EmailHeaderBytes", "email-header-bytes"),
        ("Heuristics.Limits.Exceeded.EmailHeaders", "email-headers"),
        ("Heuristics.Limits.Exceeded.EmailLineFoldCnt", "email-line-fold-cnt"),
        ("Heuristics.Limits.Exceeded.EmailMIMEArguments", "email-mime-arguments"),
        ("Heuristics.Limits.Exceeded.EmailMIMEPartsPerMessage", "email-mime-parts-per-message"),
        ("Heuristics.Limits.New", "limit-exceeded"),
        ("Heuristics.Encrypted.7Zip", "encrypted"), ("Heuristics.Encrypted.EGG", "encrypted"),
        ("Heuristics.Encrypted.PDF", "encrypted"), ("Heuristics.Encrypted.RAR", "encrypted"),
        ("Heuristics.Encrypted.Zip", "encrypted"), ("Heuristics.Encrypted.New", "encrypted"),
        ("Heuristics.Broken.Executable", "malformed"),
        ("Heuristics.Zip.OverlappingFiles", "overlapping-entries"),
        ("Heuristics.XZ.DicSizeLimit", "max-dictionary"),
        ("Heuristics.APMPartitionIntersection", "malformed"), ("Heuristics.MBRPartitionnIntersect", "malformed"),
        ("Heuristics.GPTPartitionIntersection", "malformed"), ("", "unnamed-alert"),
    ]

    @Test(arguments: limits) func `an alert for content not inspected is a limit`(alert: String, name: String) {
        let found = Finding(alert: alert, limits: ScanLimits())
        #expect(found.kind == .limit && found.name == name && !found.detail.isEmpty)
    }

    @Test(arguments: [
        "Heuristics.Broken.Media.GIF.TruncatedImageDataBlock", "Heuristics.Broken.Media.JPEG.CantReadMarker",
        "Heuristics.Broken.Media.PNG.EOFReadingChunk", "Heuristics.Broken.Media.TIFF.OutOfBoundsAccess",
    ])
    func `an alert for a picture's oddity is a note`(alert: String) {
        #expect(Finding(alert: alert, limits: ScanLimits()) == Finding(.note, "broken-media", detail: alert))
        #expect(Finding(alert: alert + ".UNOFFICIAL", limits: ScanLimits()).kind == .signature)
    }

    @Test(arguments: [
        "Heuristics.Phishing.Email.Cloaked.Username", "Heuristics.Phishing.Email.SpoofedDomain",
        "Heuristics.Phishing.URL.Blocked", "Heuristics.Safebrowsing.Suspected-malware_safebrowsing.clamav.net",
        "Heuristics.Structured.CreditCardNumber", "Heuristics.Structured.SSN", "Heuristics.Exploit.W32.MS04-028",
        "Heuristics.Trojan.Swizzor.Gen", "Heuristics.W32.Parite.B", "Heuristics.Worm.Mydoom.M.log",
        "Heuristics.PDF.ObfuscatedNameObject", "Heuristics.OLE2.ContainsMacros.VBA", "Heuristics.BoundsCheck",
        "Eicar-Test-Signature", "Win.Test.EICAR_HDB-1", "Lazaret.Demo.EICAR.UNOFFICIAL", "BC.Heuristics.Thing",
        // A signature may have any name.
        "Heuristics.Limits.Exceeded.MaxFiles.UNOFFICIAL", "Heuristics.Encrypted.Zip.UNOFFICIAL",
        "Heuristics.Zip.OverlappingFiles.UNOFFICIAL", "YARA", "YARA.", "YARA..UNOFFICIAL", "YARA.two.parts.UNOFFICIAL",
        "yara.rule.UNOFFICIAL", "Not.YARA.rule.UNOFFICIAL",
    ])
    func `any other alert is a match under its own name`(alert: String) {
        for encrypted in ScanLimits.Encrypted.allCases {
            #expect(Finding(alert: alert, limits: ScanLimits(encrypted: encrypted)) == Finding(.signature, alert))
        }
    }

    @Test(arguments: [
        ("YARA.Evil_Macro_2.UNOFFICIAL", "Evil_Macro_2"), ("YARA.r.UNOFFICIAL", "r"), ("YARA.Official", "Official"),
    ])
    func `a YARA match is reported under the rule's name`(alert: String, rule: String) {
        #expect(Finding(alert: alert, limits: ScanLimits()) == Finding(.signature, rule, detail: "YARA"))
    }

    @Test func `only encryption may be allowed`() {
        for (alert, name) in Self.limits {
            let kind = Finding(alert: alert, limits: ScanLimits(encrypted: .allow)).kind
            #expect(kind == (name == "encrypted" ? .note : .limit), "\(alert)")
        }
    }
}
