//! What names say of sizes: constants, batches, pages.

/// A name in capitals, as constants are written.
pub(super) fn is_constant_name(name: &str) -> bool {
    name.len() > 1
        && name.chars().any(|c| c.is_ascii_uppercase())
        && !name.chars().any(|c| c.is_ascii_lowercase())
}

/// Whether a function's name says that it hands out batches.
pub(super) fn is_batching(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "chunk",
        "batch",
        "bucket",
        "paginat",
        "partition",
        "windowed",
    ]
    .iter()
    .any(|word| name.contains(word))
}

/// Whether a name counts pages or parts.
pub(super) fn counts_pages(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(
        name.as_str(),
        "pages"
            | "num_pages"
            | "page_count"
            | "pagecount"
            | "total_pages"
            | "totalpages"
            | "numpages"
            | "max_pages"
            | "maxpages"
    )
}

/// Whether a member is what a class says of itself.
pub(super) fn is_metadata(member: &str) -> bool {
    matches!(
        member,
        "_meta"
            | "cleaned_data"
            | "base_fields"
            | "declared_fields"
            | "__mro__"
            | "__dict__"
            | "__annotations__"
            | "__fields__"
            | "model_fields"
            | "__table__"
            | "__subclasses__"
    )
}
