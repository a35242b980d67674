internal import AWS
internal import Domain
internal import Pipelines
internal import Transfer

// What the failures and successes of steps say about S3.
extension JobRunner {
    func noteSuccess(of step: JobStateMachine.Step) {
        switch step {
        // They send a request to S3 only sometimes.
        case .claim, .inspect, .order: return
        default: break
        }
        guard let outages = context.outages, let use = use(by: step) else { return }
        outages.succeeded(job.id, use)
    }

    /// The meaning of an error: also whether S3 or the object is to blame.
    func failure(of step: JobStateMachine.Step, _ error: any Error) -> StepFailure {
        guard let outages = context.outages, let use = use(by: step), let fault = StoreFault(error) else {
            return StepFailure(error)
        }
        switch outages.failed(job.id, use, fault, "\(error)") {
        case .service: return StepFailure(.unavailable, "\(error)")
        case .object where isLastingKeyRefusal(error):
            return StepFailure(.refused, "\(error)")
        case .object, .undecided: return StepFailure(error)
        }
    }

    /// Whether the copy of this object alone needs a KMS key that can't be used.
    private func isLastingKeyRefusal(_ error: any Error) -> Bool {
        guard case TransferError.store(let cause) = error else { return false }
        return cause.isLastingKeyRefusal
    }

    /// The part of S3 that a step uses; nil if it uses none, or no pipeline takes the object.
    private func use(by step: JobStateMachine.Step) -> StoreUse? {
        guard let pipeline = pipeline?.name else { return nil }
        let source = job.object.bucket
        switch step {
        // A later attempt looks at the object before it claims the judgement on record.
        case .claim, .head, .order: return StoreUse(pipeline: pipeline, bucket: source, access: .look)
        case .fetch, .inspect: return StoreUse(pipeline: pipeline, bucket: source, access: .read)
        case .tag, .delete, .removeSidecars: return StoreUse(pipeline: pipeline, bucket: source, access: .change)
        case .copy(let copy): return StoreUse(pipeline: pipeline, bucket: copy.location.bucket, access: .write)
        case .findCopy(let search): return StoreUse(pipeline: pipeline, bucket: search.location.bucket, access: .look)
        case .charge, .record, .firstReceipt, .precedence, .finish, .release, .strand, .settle: return nil
        }
    }
}
