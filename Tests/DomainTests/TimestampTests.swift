import Domain
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00.000Z", Int64(0)), ("2026-11-21T08:09:10.123Z", 1_795_248_550_123),
        ("2000-02-29T23:59:59.999Z", 951_868_799_999), ("2024-12-31T00:00:00.000Z", 1_735_603_200_000),
        ("1969-12-31T23:59:59.999Z", -1), ("2100-03-01T00:00:00.000Z", 4_107_542_400_000),
    ])
    func `a timestamp is written and read as ISO 8601`(text: String, milliseconds: Int64) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(iso8601: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-13-01", "2026-11-21 08:09:10Z", "2026-11-21T25:00:00Z", "2026-11-21T08:09:10.Z",
    ])
    func `an invalid timestamp is refused`(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test func `a timestamp has the forms that signatures and destinations need`() {
        let time = Timestamp(milliseconds: 1_795_248_550_123)
        #expect(time.basicFormat == "20261121T080910Z")
        #expect(time.date == "2026-11-21")
    }
}
