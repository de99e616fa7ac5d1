//! Development driver.
use slowpath::*;
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let root = std::path::PathBuf::from(&args[0]).canonicalize().unwrap();
    let settings = config::Settings {
        root: root.clone(),
        paths: vec![root.clone()],
        rules: rules::ALL.iter().map(|r| r.id).collect(),
        min_confidence: finding::Confidence::Low,
        ..config::Settings::default()
    };
    let t = std::time::Instant::now();
    let report = analyze(&settings).unwrap();
    eprintln!(
        "{:?} {} files {} findings",
        t.elapsed(),
        report.files.len(),
        report.findings.len()
    );
    for f in &report.findings {
        let l = report.lines(f.place);
        let p = l.position(&report.file(f.place).text, f.place.span.start);
        println!(
            "{}:{} {} [{:?}] {}",
            report.path(f.place),
            p.line,
            f.rule,
            f.confidence,
            f.message
        );
        for r in &f.related {
            let l = report.lines(r.place);
            println!(
                "      {}:{} {}",
                report.path(r.place),
                l.line(r.place.span.start),
                r.message
            );
        }
    }
    for n in report.notices.iter().take(20) {
        eprintln!("{n:?}");
    }
}
