//! What Python code is lowered to, and that no input defeats the front end.

use std::thread;

use super::lower;

/// Runs on a stack as large as that of the workers.
fn on_worker_stack(test: impl FnOnce() + Send + 'static) {
    thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(test)
        .expect("a thread starts")
        .join()
        .expect("the front end does not panic");
}

const SAMPLE: &str = include_str!("sample.py");

#[test]
fn every_prefix_is_lowered() {
    on_worker_stack(|| {
        for end in (0..=SAMPLE.len()).filter(|&end| SAMPLE.is_char_boundary(end)) {
            lower(&SAMPLE[..end]);
        }
    });
}

#[test]
fn every_suffix_and_gap_is_lowered() {
    on_worker_stack(|| {
        for start in (0..SAMPLE.len()).step_by(7) {
            let Some(rest) = SAMPLE.get(start..) else {
                continue;
            };
            lower(rest);
            if let (Some(before), Some(after)) = (SAMPLE.get(..start), SAMPLE.get(start + 3..)) {
                lower(&format!("{before}{after}"));
            }
        }
    });
}

#[test]
fn deep_nesting_is_cut_off() {
    on_worker_stack(|| {
        let n = 100_000;
        let cases = [
            "[".repeat(n),
            "(".repeat(n),
            format!("{}1{}", "[".repeat(n), "]".repeat(n)),
            format!("{}1{}", "(".repeat(n), ")".repeat(n)),
            format!("{} = 1", "(".repeat(n)),
            format!("{}x{} = 1", "[".repeat(n), "]".repeat(n)),
            format!("{}x", "not ".repeat(n)),
            format!("{}x", "-".repeat(n)),
            format!("{}1", "lambda: ".repeat(n)),
            format!("{}1", "lambda x=".repeat(n)),
            format!("a{}", ".b".repeat(n)),
            format!("a{}", "()".repeat(n)),
            format!("a{}", "[0]".repeat(n)),
            format!("a{}", " + a".repeat(n)),
            format!("a{}", " < a".repeat(n)),
            format!("a{}", " or a".repeat(n)),
            format!("{}1", "a = ".repeat(n)),
            format!("x = {}1", "1 if x else ".repeat(n)),
            format!("[x {}]", "for x in x ".repeat(n)),
            format!("[x for x in x {}]", "if x ".repeat(n)),
            format!("if x:\n  pass\n{}", "elif x:\n  pass\n".repeat(n)),
            format!("match x:\n  case {}x{}: pass", "[".repeat(n), "]".repeat(n)),
            format!("match x:\n  case a{}: pass", ".b".repeat(n)),
            format!("import a{}", ".b".repeat(n)),
            format!("x: {}", "a[".repeat(n)),
            format!("x: \"{}a{}\"", "a[".repeat(n), "]".repeat(n)),
            format!("x: \"a{}\"", ".a".repeat(n)),
            format!("x: \"a{}\"", "|a".repeat(n)),
            "{x:".repeat(n),
            "f\"{".repeat(n),
            "@".repeat(n),
            "class A(".repeat(n),
            nested_blocks("if x:", 2_000),
            nested_blocks("def f():", 2_000),
            nested_blocks("class A:", 2_000),
            nested_blocks("for x in x:", 2_000),
        ];
        for case in cases {
            let module = lower(&case);
            assert!(module.errors.len() <= super::MAX_ERRORS);
        }
    });
}

fn nested_blocks(head: &str, depth: usize) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for level in 0..depth {
        let _ = writeln!(text, "{:level$}{head}", "");
    }
    text
}
