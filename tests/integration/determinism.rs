//! The same input gives the same bytes, however the work is shared out.

use crate::project::{Project, repository};

#[test]
fn fixtures_give_the_same_bytes_on_any_number_of_threads() {
    let project = Project::new(&[]);
    let fixtures = repository("fixtures");
    let fixtures = fixtures.to_str().expect("a path in UTF-8");
    for format in ["--format=json", "--format=full"] {
        let run = |threads: &str| {
            let arguments = ["check", fixtures, format, "--no-config", threads, "-q"];
            let run = project.run(&arguments);
            assert_eq!(run.status, Some(1), "{}", run.stderr);
            run.stdout
        };
        let one = run("--threads=1");
        assert!(one.contains("n-plus-one"));
        for threads in ["--threads=1", "--threads=2", "--threads=8"] {
            // The difference itself would fill many screens.
            assert!(run(threads) == one, "{format} {threads} differs");
        }
    }
}
