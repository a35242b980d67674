internal import AWS
internal import Domain
internal import Ledger
internal import Support
internal import Worker

/// `lazaret ledger head` and `lazaret ledger anchor`: the end of the ledger's chain, to be kept elsewhere.
enum LedgerHeadCommand {
    static let head = Command(
        words: ["ledger", "head"],
        abstract: "Prints the head of the ledger's hash chain: SEQUENCE:HASH and its time. Keep it elsewhere.",
        operands: nil, flags: [.ledger, .json]
    ) { arguments in
        let ledger = try await openLedgerChain(arguments)
        let result: Result<ChainHead, LedgerError>
        do throws(LedgerError) { result = .success(try await ledger.chainHead()) } catch { result = .failure(error) }
        await ledger.close()
        let head = try await readLedger { () throws(LedgerError) in try result.get() }
        if arguments.isSet("json") {
            outputJSON { head.write(to: &$0) }
        } else {
            output("\(head.text)  \(head.at)")
        }
    }

    static let anchor = Command(
        words: ["ledger", "anchor"],
        abstract: "Writes the head of the ledger's hash chain into a new object.", operands: "s3://BUCKET/PREFIX",
        flags: [.ledger]
    ) { arguments in
        guard arguments.operands.count == 1 else {
            throw CommandFailure(.usage, "`lazaret ledger anchor` takes one argument: s3://BUCKET/PREFIX")
        }
        let (bucket, prefix) = try Arguments.place(arguments.operands[0])
        let cloud = try await Cloud(arguments, queueURL: "")
        let ledger = try await openLedgerChain(arguments)
        let keeper = AnchorKeeper(
            s3: cloud.s3, bucket: bucket, prefix: prefix, interval: .seconds(1), ledger: ledger,
            log: Log(threshold: .warning))
        let result: Result<ChainHead?, any Error>
        do { result = .success(try await keeper.write(at: .now())) } catch { result = .failure(error) }
        await ledger.close()
        switch result {
        case .success(let head?): output("\(head.text)  \(head.at)")
        case .success(nil):
            throw CommandFailure(.unavailable, "another anchor was written at the same time; run it again")
        case .failure(let error): throw (error as? LedgerError).map(failure(of:)) ?? cloud.failure(error)
        }
    }
}
