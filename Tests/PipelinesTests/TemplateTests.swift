import Domain
import Testing

@testable import Pipelines

struct TemplateTests {
    private func location(
        _ template: String, key: String, verdict: Verdict = .clean, finding: Finding? = nil
    ) throws -> String? {
        let set = try load(pipelineText(clean: "{ move: '\(template)' }"))
        let pipeline = try #require(set["uploads"])
        let destination = try #require(pipeline.action(for: .clean).destination)
        let values = pipeline.values(for: job(key: key), verdict: verdict, finding: finding, date: "2026-11-21")
        return destination.location(for: values)?.description
    }

    @Test(arguments: [
        ("s3://acme-media/permanent/{rest}", "s3://acme-media/permanent/a/b.png"),
        ("s3://acme-media/{key}", "s3://acme-media/uploads/a/b.png"),
        ("s3://acme-media/{name}", "s3://acme-media/b.png"),
        ("s3://acme-media/{verdict}/{date}/{job}", "s3://acme-media/clean/2026-11-21/0123456789abcdef0123456789abcdef"),
        ("s3://acme-media/{bucket}/{rest}{rest}", "s3://acme-media/acme-incoming/a/b.pnga/b.png"),
        ("s3://acme-media/{{rest}}/{rest}", "s3://acme-media/{rest}/a/b.png"),
        ("s3://acme-media//{rest}/", "s3://acme-media//a/b.png/"),
        ("s3://acme-media/é/{rest}", "s3://acme-media/é/a/b.png"),
    ])
    func `variables are replaced by their values`(template: String, expected: String) throws {
        #expect(try location(template, key: "uploads/a/b.png") == expected)
    }

    @Test(arguments: [
        "../../etc/passwd", "/absolute", "//", "a/./../b", "line\nbreak", "\u{1}\u{7F}", "{job}", "}}{{", "e\u{301}",
        "%2e%2e",
        "C:\\x", "\u{202E}gnp.exe", " ",
    ])
    func `an uploader's key is inserted unchanged`(rest: String) throws {
        let text = try #require(try location("s3://acme-media/permanent/{rest}", key: "uploads/" + rest))
        #expect(Array(text.utf8) == Array(("s3://acme-media/permanent/" + rest).utf8))
    }

    @Test func `a key that S3 does not allow has no location`() throws {
        #expect(try location("s3://acme-media/{rest}", key: "uploads/") == nil)
        #expect(try location("s3://acme-media/permanent/{rest}", key: "uploads/") == "s3://acme-media/permanent/")
        let long = String(repeating: "k", count: 1014)
        #expect(try location("s3://acme-media/0123456789{rest}", key: "uploads/" + long) != nil)
        #expect(try location("s3://acme-media/0123456789-{rest}", key: "uploads/" + long) == nil)
        #expect(try location("s3://acme-media/{rest}{rest}", key: "uploads/" + long) == nil)
    }

    @Test(arguments: [
        ("s3://acme-media/x", "every object would get the same key"),
        ("s3://acme-media/{date}/{verdict}/{bucket}", "every object would get the same key"),
        ("s3://acme-media/{nmae}", "unknown variable '{nmae}'; did you mean 'name'?"),
        ("s3://acme-media/{version}", "unknown variable '{version}'; expected one of rest, key, name, date, job"),
        ("s3://acme-media/{}", "unknown variable '{}'"),
        ("s3://acme-media/{rest", "is not closed"),
        ("s3://acme-media/{rest}}", "has no matching"),
        ("s3://acme-media/{{{rest}", "s3://ok"),
        ("s3://{bucket}/{rest}", "has a variable"),
        ("s3://acme-media/", "the key is missing"),
        ("s3:///{rest}", "is not a valid bucket name"),
        ("https://acme-media/{rest}", "expected s3://bucket/key"),
        ("", "expected s3://bucket/key"),
    ])
    func `an invalid template is reported at load`(template: String, expected: String) {
        let problems = mistakes(pipelineText(clean: "{ move: '\(template)' }"))
        if expected == "s3://ok" {
            #expect(problems.isEmpty)
        } else {
            #expect(problems.count == 1 && problems[0].contains(expected), "\(problems)")
        }
    }

    @Test(arguments: [
        ("{verdict}", "uploads/x", "clean"),
        ("{name}", "uploads/a b+c-d=e.f_g:@é1", "a b+c-d=e.f_g:@é1"),
        ("{rest}", "uploads/a%b\nc{d}\u{1F4A5}", "a_b_c_d__"),
        ("v {date}", "uploads/x", "v 2026-11-21"),
        ("", "uploads/x", ""),
    ])
    func `a tag's value is always valid in S3`(template: String, key: String, expected: String) throws {
        let set = try load(pipelineText(clean: "{ tag: { t: '\(template)' } }"))
        let pipeline = try #require(set["uploads"])
        let tag = try #require(pipeline.action(for: .clean).tags.first)
        #expect(tag.name == "t")
        #expect(
            tag.value(for: pipeline.values(for: job(key: key), verdict: .clean, finding: nil, date: "2026-11-21"))
                == expected)
    }

    @Test(arguments: [
        ("Win.Test.EICAR_HDB-1", "Win.Test.EICAR_HDB-1"), ("too-large", "too-large"), ("", "none"),
        ("../../etc", "_._.._etc"), ("a/b?c#d%2f", "a_b_c_d_2f"), ("\u{202E}gnp\n{job}", "_gnp__job_"),
        ("é\u{301}\u{1F4A5}", "___"), (String(repeating: "s", count: 200), String(repeating: "s", count: 128)),
    ])
    func `a finding's name is inert in keys and tags`(name: String, expected: String) throws {
        let text = try location(
            "s3://acme-media/{finding}/{job}", key: "uploads/x", finding: Finding(.signature, name))
        #expect(text == "s3://acme-media/\(expected)/0123456789abcdef0123456789abcdef")
    }

    @Test func `a clean object has no finding, whatever is noted`() throws {
        #expect(try location("s3://acme-media/{finding}/{rest}", key: "uploads/x") == "s3://acme-media/none/x")
        let notes = [Finding(.note, "released"), Finding(.rule, "quota"), Finding(.limit, "encrypted")]
        #expect(
            Judgement(verdict: .unscannable, findings: notes, evidence: Evidence()).decidingFinding?.name == "encrypted"
        )
        #expect(Judgement(verdict: .clean, findings: [notes[0]], evidence: Evidence()).decidingFinding == nil)
    }

    @Test func `a tag's value is truncated to the limit of S3`() throws {
        let set = try load(pipelineText(clean: "{ tag: { t: '{rest}' } }"))
        let pipeline = try #require(set["uploads"])
        let tag = try #require(pipeline.action(for: .clean).tags.first)
        // Each is two UTF-16 code units: 128 of them reach the limit of 256.
        let key = "uploads/" + String(repeating: "\u{20000}", count: 200)
        let value = tag.value(for: pipeline.values(for: job(key: key), verdict: .clean, finding: nil, date: ""))
        #expect(value.utf16.count == 256)
    }
}
