import Support
import Testing

struct SecretTests {
    private struct Settings { let password: Secret }

    @Test func `a secret is redacted in every printed form`() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(Settings(password: secret), to: &dumped)
        let forms = [
            "\(secret)", String(describing: secret), String(reflecting: secret), "\(Settings(password: secret))",
            "\(Optional(secret) as Any)", "\([secret])", "\(["k": secret])", dumped,
        ]
        for form in forms { #expect(!form.contains("hunter2"), "\(form)") }
        #expect("\(secret)" == "<redacted>")
        #expect(Mirror(reflecting: secret).children.isEmpty)
    }

    @Test func `a secret exposes its text on request`() {
        #expect(Secret("hunter2").exposed == "hunter2")
        #expect(Secret("a") == Secret("a") && Secret("a") != Secret("b"))
    }
}
