/// The test file of the European Institute for Computer Antivirus Research (eicar.org, "Anti-Malware Testfile"):
/// harmless, and found by every scanner. It is assembled at run time, so that no scanner reports this repository.
package enum Eicar {
    package static let bytes: [UInt8] = Array((#"X5O!P%@AP[4\PZX54(P^)7CC)7}$"# + opening + closing).utf8)

    package static let sha256 = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"

    private static let opening = "EICAR-STANDARD-"
    private static let closing = "ANTIVIRUS-TEST-FILE!$H+H*"
}
