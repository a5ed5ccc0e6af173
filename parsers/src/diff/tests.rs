use super::*;

fn options(volatile: &[&str], context: usize) -> ChangeOptions {
    let rules = volatile
        .iter()
        .map(|pattern| LineRule::new(*pattern))
        .collect::<Vec<_>>();
    ChangeOptions::new(&rules, "configs", SeverityRules::new(&[]).unwrap(), context).unwrap()
}

const OLD: &str = "! changed at 10:00\nhostname r1\n!\ninterface Gi1\n description old\n no shutdown\n!\nrouter bgp 1\n \
                   neighbor 10.0.0.2 remote-as 2\n!\nend\n";

#[test]
fn what_is_too_much_is_counted_and_left_out() {
    let old = "hostname a\n";
    let new = format!("hostname b\n{}username x secret 5 y\n", " description x\n".repeat(50));
    let options = options(&[], 3);
    let all = compare(old, &new, &options);
    assert!(!all.truncated);
    for room in [0, 1, 2, 10, 53] {
        let some = compare(old, &new, &options.clone().with_most_lines(room));
        let shown: usize = some.hunks.iter().map(|hunk| hunk.lines.len()).sum();
        assert_eq!(some.truncated, room < 53, "{room}");
        assert_eq!(shown, room.min(53), "{room}");
        assert_eq!((some.added, some.removed), (all.added, all.removed));
        assert_eq!(
            (some.severity, some.is_empty()),
            (Some(Severity::Critical), false),
            "{room}"
        );
    }
}

#[test]
fn volatile_lines_are_no_change() {
    let new = OLD.replace("10:00", "11:30");
    let options = options(&["^! changed at "], 3);
    assert!(compare(OLD, &new, &options).is_empty());
    assert_eq!(unified(&compare(OLD, &new, &options), "a", "b"), "");
    assert!(compare(OLD, OLD, &options).is_empty());
}

#[test]
fn a_change_has_its_section_its_numbers_and_its_severity() {
    let new = OLD
        .replace("description old", "description new")
        .replace("remote-as 2", "remote-as 3");
    let changes = compare(OLD, &new, &options(&["^! changed at "], 1));
    assert_eq!(
        (changes.added, changes.removed, changes.severity),
        (2, 2, Some(Severity::High))
    );
    assert_eq!(changes.hunks.len(), 2);
    let first = &changes.hunks[0];
    assert_eq!(
        (first.section.as_slice(), first.severity),
        (["interface Gi1".to_owned()].as_slice(), Severity::Low)
    );
    let added = first.lines.iter().find(|line| line.kind == LineKind::Added).unwrap();
    assert_eq!(
        (added.text.as_str(), added.new_number, added.old_number),
        (" description new", Some(5), None)
    );
    let text = unified(&changes, "old", "ne\nw");
    assert_eq!(
        text,
        "--- old\n+++ ne w\n@@ -4,3 +4,3 @@ interface Gi1\n interface Gi1\n- description old\n+ description new\n  no \
         shutdown\n@@ -8,3 +8,3 @@ router bgp 1\n router bgp 1\n- neighbor 10.0.0.2 remote-as 2\n+ neighbor 10.0.0.2 \
         remote-as 3\n !\n"
    );
}

#[test]
fn hunks_that_touch_are_one() {
    let new = OLD
        .replace("description old", "description new")
        .replace("hostname r1", "hostname r2");
    assert_eq!(compare(OLD, &new, &options(&[], 3)).hunks.len(), 1);
    assert_eq!(compare(OLD, &new, &options(&[], 0)).hunks.len(), 2);
    // Context that ends where the next begins is shown once.
    let changes = compare(OLD, &new, &options(&[], 1));
    let shown = changes
        .hunks
        .iter()
        .flat_map(|hunk| &hunk.lines)
        .filter_map(|line| line.new_number);
    let shown = shown.collect::<Vec<_>>();
    let mut once = shown.clone();
    once.dedup();
    assert_eq!(shown, once);
}

#[test]
fn everything_and_nothing_can_change() {
    let options = options(&[], 3);
    assert_eq!(compare("", "a\nb\n", &options).added, 2);
    assert_eq!(compare("a\nb\n", "", &options).removed, 2);
    assert!(compare("", "", &options).is_empty());
}

#[test]
fn a_secret_that_changes_is_critical() {
    let changes = compare("username a secret 5 x\n", "username a secret 5 y\n", &options(&[], 3));
    assert_eq!(changes.severity, Some(Severity::Critical));
    let own = [crate::rules::SeverityRule {
        pattern: "^username a ".to_owned(),
        severity: Severity::Low,
    }];
    let own = ChangeOptions::new(&[], "configs", SeverityRules::new(&own).unwrap(), 3).unwrap();
    assert_eq!(
        compare("username a secret 5 x\n", "", &own).severity,
        Some(Severity::Low)
    );
}

/// A key that a device encrypts anew is hidden by its rule, masked or not; a secret that a person changed is shown.
#[test]
fn masked_changes_show_that_a_secret_changed() {
    let secrets = [
        LineRule::new("^username \\S+ secret (?P<secret>\\S+)"),
        LineRule::new("^(?P<secret>[A-Z]{8})$"),
    ];
    let key = Some(crate::TagKey::new([1; 32]));
    let masker = crate::Masker::new(&secrets, key).unwrap();
    let options = options(&["^[A-Z]{8}$"], 1);
    let old = "vpn\n key\nABCDEFGH\nusername a secret one\n";
    let new = "vpn\n key\nHGFEDCBA\nusername a secret two\n";
    let changes = compare_masked(old, new, &options, &masker);
    assert_eq!((changes.added, changes.removed), (1, 1));
    let lines = changes.hunks[0]
        .lines
        .iter()
        .filter(|line| line.kind != LineKind::Context);
    let lines = lines.map(|line| line.text.as_str()).collect::<Vec<_>>();
    assert!(
        lines.iter().all(|line| line.starts_with("username a secret <secret ")),
        "{lines:?}"
    );
    assert_ne!(lines[0], lines[1]);
    assert!(compare_masked(old, old, &options, &masker).is_empty());
}

/// What hides a secret must not change how much a line matters, in either direction.
#[test]
fn severity_is_the_same_whoever_looks() {
    let secrets = [
        LineRule::new("^(?P<secret>username) "),
        LineRule::new("to (?P<secret>\\S+)"),
    ];
    let masker = crate::Masker::new(&secrets, Some(crate::TagKey::new([1; 32]))).unwrap();
    let options = options(&[], 1);
    for (new, severity) in [
        ("username a privilege 15\n", Severity::Critical),
        ("username a\n  group b\n", Severity::Critical),
        ("interface Gi1\n description leads to r2\n", Severity::Low),
        ("ntp master to r2\n", Severity::Medium),
    ] {
        let (clear, masked) = (
            compare("interface Gi1\nusername a\n", new, &options),
            compare_masked("interface Gi1\nusername a\n", new, &options, &masker),
        );
        let lines = |changes: &Changes| {
            let lines = changes.hunks.iter().flat_map(|hunk| hunk.lines.clone());
            lines.map(|line| (line.new_number, line.severity)).collect::<Vec<_>>()
        };
        assert_eq!(lines(&clear), lines(&masked));
        assert_eq!(masked.severity, clear.severity);
        assert!(lines(&masked).iter().any(|(_, one)| *one == Some(severity)), "{new}");
    }
}

#[test]
fn a_rule_is_previewed_over_history() {
    let second = OLD.replace("10:00", "11:00");
    let third = second.replace("11:00", "12:00").replace("r1", "r2");
    let rule = LineRule::new("^! changed at ");
    let seen = preview(&rule, &[], "configs", &[OLD, &second, &third, &third]).unwrap();
    assert_eq!(
        (seen.lines, seen.changes, seen.hidden, seen.smaller),
        (4, 2, vec![1], vec![2])
    );
    assert_eq!(seen.examples.len(), 3);
    assert!(preview(&LineRule::new("("), &[], "configs", &[]).is_err());
}

#[test]
fn rules_of_other_capture_types_are_passed_over() {
    let rule = LineRule {
        pattern: "^! changed".to_owned(),
        capture_types: vec!["version".to_owned()],
        under: None,
    };
    let options = ChangeOptions::new(&[rule], "configs", SeverityRules::new(&[]).unwrap(), 0).unwrap();
    assert!(!compare(OLD, &OLD.replace("10:00", "11:30"), &options).is_empty());
}

/// 50,000 lines, 300 places changed: what a person waits for.
#[test]
fn large_texts_are_compared_fast() {
    let line = |index: usize| format!("interface GigabitEthernet1/0/{index}\n description port {index}\n");
    let old = (0..25_000).map(line).collect::<String>();
    let changed = |index: usize| {
        if index.is_multiple_of(83) {
            line(index).replace("port", "changed")
        } else {
            line(index)
        }
    };
    let new = (0..25_000).map(changed).collect::<String>();
    let options = options(&["^! changed at ", "^ntp clock-period", "^Current configuration : "], 3);
    let start = std::time::Instant::now();
    let highest = old.lines().map(|line| options.severity.of(&[], line)).max();
    println!("severity of 50,000 lines: {:?} ({highest:?})", start.elapsed());
    for (new, name) in [
        (new, "300 places"),
        (old.lines().rev().map(|line| format!("{line}\n")).collect(), "reversed"),
    ] {
        let start = std::time::Instant::now();
        let changes = compare(&old, &new, &options);
        println!(
            "diff of 50,000 lines, {name}: {:?}, {} lines added",
            start.elapsed(),
            changes.added
        );
        assert!(!changes.is_empty());
    }
}
