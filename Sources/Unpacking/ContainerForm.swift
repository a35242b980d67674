/// A form of container, known by the bytes that it starts with.
package enum ContainerForm: Sendable, Equatable {
    case zip
}
