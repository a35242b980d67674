import Testing
import Unpacking

@Suite struct ContainerFormTests {}
