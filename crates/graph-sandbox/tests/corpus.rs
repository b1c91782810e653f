//! The saved corpus of the fuzz targets, as it is and mangled: nothing that is read may panic.

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use graph_sandbox::parsing;

    fn corpus(kind: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../fuzz/corpus")
            .join(format!("sandbox_{kind}"));
        let files = std::fs::read_dir(&folder).unwrap();
        let all: Vec<_> = files
            .map(|file| file.unwrap().path())
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect();
        assert!(!all.is_empty(), "{}", folder.display());
        all
    }

    /// The input itself, cut off everywhere, with every byte changed, and twice over.
    fn mangled(bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut out = vec![bytes.to_vec(), bytes.repeat(2), bytes.repeat(50)];
        for at in 0..bytes.len() {
            out.push(bytes[..at].to_vec());
            out.push(bytes[at..].to_vec());
            for new in [0, b'\'', b'(', b')', b'%', b'"', b'{', 0xff] {
                let mut changed = bytes.to_vec();
                changed[at] = new;
                out.push(changed);
            }
        }
        out
    }

    fn replay(kind: &str, read: impl Fn(&[u8]) -> bool) {
        let mut readable = 0;
        for (_, bytes) in corpus(kind) {
            readable += usize::from(read(&bytes));
            for input in mangled(&bytes) {
                read(&input);
            }
        }
        assert!(readable > 0, "something of {kind} is right as it is");
    }

    #[test]
    fn nothing_in_a_query_panics() {
        replay("query", |bytes| {
            parsing::query_is_readable(&String::from_utf8_lossy(bytes))
        });
    }

    #[test]
    fn nothing_in_a_filter_panics() {
        replay("filter", |bytes| {
            parsing::filter_is_readable(&String::from_utf8_lossy(bytes))
        });
    }

    #[test]
    fn nothing_in_a_path_panics() {
        replay("path", |bytes| {
            parsing::path_is_readable(&String::from_utf8_lossy(bytes))
        });
    }

    #[test]
    fn nothing_in_a_batch_panics() {
        replay("batch", parsing::batch_is_readable);
    }
}
