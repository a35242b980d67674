import Testing

@testable import Lazaret

/// Who may send to a queue, as its policy says.
struct QueueSendersTests {
    private func policy(_ statement: String) -> String { #"{"Version":"2012-10-17","Statement":\#(statement)}"# }

    private static let source = #""Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::acme-incoming"}}"#
    private static let s3 = #""Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"sqs:SendMessage""#

    @Test(arguments: [
        nil, "", #"{"Statement":[]}"#, #"{"Statement":[{\#(s3),\#(source)}]}"#, #"{"Statement":{\#(s3),\#(source)}}"#,
        #"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:root"},"Action":["sqs:ReceiveMessage","sqs:Get*"]}]}"#,
        #"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"SQS:*"}]}"#,
        #"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"SQS:SendMessage",\#(source)}]}"#,
        #"{"Statement":[{\#(s3),"Condition":{"StringEquals":{"aws:SourceAccount":["111122223333"]}}}]}"#,
    ])
    func `a policy for S3 and its bucket is no warning`(policy: String?) {
        #expect(QueueSenders(policy: policy).warnings.isEmpty)
    }

    @Test(arguments: [
        (#"[{\#(s3)}]"#, "add aws:SourceArn"),
        (#"[{\#(s3),"Condition":{"StringNotEquals":{"aws:SourceArn":"x"}}}]"#, "add aws:SourceArn"),
        (#"[{\#(s3),"Condition":{"ArnLike":{"aws:SourceArn":"*"}}}]"#, "add aws:SourceArn"),
        (#"[{\#(s3),"Condition":{"Bool":{"aws:SecureTransport":"true"}}}]"#, "add aws:SourceArn"),
        (#"[{"Effect":"Allow","Principal":"*","Action":"*"}]"#, "lets * send"),
        (
            #"[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::1:root"]},"Action":["sqs:Send*"]}]"#,
            "arn:aws:iam::1:root"
        ),
        (#"[{"Effect":"Allow","NotPrincipal":{"AWS":"x"},"Action":"sqs:*"}]"#, "NotPrincipal"),
        (#"[{"Effect":"Allow","Principal":"*","NotAction":"sqs:DeleteQueue"}]"#, "lets * send"),
        (
            #"[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sqs:SendMessage",\#(source)}]"#,
            "lambda"
        ),
        ("7", "can't be read"),
    ])
    func `anyone else who may send is a warning`(statement: String, expected: String) {
        let warnings = QueueSenders(policy: policy(statement)).warnings
        #expect(warnings.count == 1 && warnings[0].contains(expected), "\(warnings)")
    }
}
