extension ZooExpectations {
    /// PDFs whose payload some readers extract and others do not see.
    static let pdfs = """
        pdf-words-in-comment.pdf pdf-words-in-string.pdf pdf-words-behind.pdf pdf-short-length.pdf pdf-long-length.pdf
        pdf-no-length.pdf pdf-length-object.pdf pdf-filter-object.pdf pdf-escaped-name.pdf pdf-short-key.pdf
        pdf-parameters-object.pdf pdf-hex-blanks.pdf pdf-base85-open.pdf pdf-declared-image.pdf pdf-carriage-returns.pdf
        pdf-comment-in-number.pdf pdf-no-header.pdf pdf-postscript-header.pdf pdf-late-header.pdf pdf-no-table.pdf
        pdf-deleted.pdf pdf-object-in-stream.pdf pdf-filter-in-object-stream.pdf pdf-document-in-stream.pdf
        pdf-no-header-in-zip.zip pdf-no-header-in-two-zips.zip pdf-object-in-stream-in-zip.zip
        pdf-object-in-stream-in-two-zips.zip pdf-short-length-in-zip.zip pdf-short-length-in-two-zips.zip
        """.split(whereSeparator: \.isWhitespace)
}
