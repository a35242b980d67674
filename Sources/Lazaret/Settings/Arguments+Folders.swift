internal import Pipelines
internal import Transfer

extension Arguments {
    /// The pipelines in the folder of `--pipelines`.
    ///
    /// - Throws: `CommandFailure` with every mistake in them.
    func pipelines() throws -> PipelineSet {
        do {
            return try PipelineSet(directory: required("pipelines"))
        } catch let problems as PipelineProblems {
            throw CommandFailure(.configuration, lines: problems.problems.map(\.description))
        }
    }

    /// The folder of `--spool`. Creates and drops an unnamed file there, so that an unsuitable folder is reported
    /// before the first large object needs it.
    func spoolFolder() throws -> String {
        let folder = try required("spool")
        do {
            _ = try Spool(in: folder, size: .max)
            return folder
        } catch {
            throw CommandFailure(
                .configuration,
                "\(error); --spool needs a writable folder on a file system with O_TMPFILE (ext4, xfs, btrfs, tmpfs)")
        }
    }

    /// The number of scanner processes: `--scanners`, or one for each processor that this process may keep busy.
    func scannerCount() throws -> Int {
        try integer("scanners", in: 1...256) ?? min(256, ProcessorCount.available)
    }
}
