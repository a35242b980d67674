/// Draws a text at the foot of a terminal, anew twice a second until cancelled; nil where standard error is no terminal.
func progressLine(_ arguments: Arguments, _ text: @escaping @Sendable () -> String) -> Task<Void, Never>? {
    guard StatusLine.fitsStandardError(environment: arguments.environment) else { return nil }
    return Task {
        while !Task.isCancelled {
            StatusLine.show(text())
            try? await Task.sleep(for: .milliseconds(500))
        }
        StatusLine.wipe()
    }
}
