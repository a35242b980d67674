import Intake
import Testing

@Suite struct IntakeConfigurationTests {
    @Test func `the defaults are valid`() {
        #expect(IntakeConfiguration(concurrency: 16).validate() == [])
    }

    @Test func `all problems are reported at once`() {
        var configuration = IntakeConfiguration(concurrency: 0)
        configuration.visibility = .seconds(1)
        configuration.wait = .milliseconds(1500)
        configuration.untilIdle = .seconds(-1)
        configuration.retryMax = .seconds(1)
        configuration.ackLinger = .seconds(30)
        configuration.maxReceives = 0
        let problems = configuration.validate()
        #expect(problems.count == 7)
        for word in ["concurrency", "visibility", "wait", "until-idle", "retry", "linger", "receives"] {
            #expect(problems.contains { $0.contains(word) })
        }
    }
}
