use super::*;

#[test]
fn a_user_template_comes_before_all_others() {
    let files = [
        ("index".to_owned(), "mine.textfsm, .*, acme_os, show arp$\n".to_owned()),
        (
            "mine.textfsm".to_owned(),
            "Value IP_ADDRESS (\\S+)\n\nStart\n  ^${IP_ADDRESS} -> Record\n".to_owned(),
        ),
        ("notes.txt".to_owned(), "left alone".to_owned()),
    ];
    let library = Library::with_files(files).unwrap();
    let found = library.find("acme_os", "arp", "show arp").unwrap();
    assert_eq!((found.name.as_str(), found.origin), ("mine", Origin::User));
    assert_eq!(library.find("acme_os", "arp", "show arp vrf x"), None);
    assert!(library.template("acme_os", "arp", "show arp").unwrap().is_some());
}

#[test]
fn what_cannot_be_used_is_named() {
    let bad = |name: &str, text: &str| {
        Library::with_files([(name.to_owned(), text.to_owned())])
            .err()
            .unwrap()
            .file
    };
    assert_eq!(bad("x.textfsm", "nonsense"), "x.textfsm");
    assert_eq!(bad("x.yaml", "capture_type: arp\nrecord: no_such_type\n"), "x.yaml");
    assert_eq!(bad("x.yaml", "capture_type: arp\nrecord: arp\naccept: '('\n"), "x.yaml");
}

#[test]
fn a_version_changes_with_the_template_and_its_mapping() {
    let version = |template: &str, mapping: &str| {
        let index = ("index".to_owned(), "t.textfsm, .*, acme_os, show arp\n".to_owned());
        let template = (
            "t.textfsm".to_owned(),
            format!("Value X (\\S+)\n\nStart\n  ^{template}${{X}} -> Record\n"),
        );
        let mapping = (
            "m.yaml".to_owned(),
            format!("capture_type: arp\nrecord: arp\nfields: {{address: {mapping}}}\n"),
        );
        Library::with_files([index, template, mapping])
            .unwrap()
            .find("acme_os", "arp", "show arp")
            .unwrap()
            .version
    };
    let first = version("a", "x");
    assert_eq!(first, version("a", "x"));
    assert_ne!(first, version("b", "x"));
    assert_ne!(first, version("a", "y"));
    assert_eq!(first.len(), 16);
}

#[test]
fn states_that_know_every_line_say_so() {
    let template = "Value A (\\d+)\n\nStart\n  ^a ${A} -> Record Rest\n\nRest\n  ^b -> Continue\n  ^c\n\nLast\n  ^d\n";
    let made = names_unknown_lines(template);
    assert_eq!(made.matches("-> Error").count(), 2, "{made}");
    assert!(textfsm_core::Template::parse_str(&made).is_ok());
}

/// Every template and every mapping of ours compiles, and the index names no other.
#[test]
fn our_own_files_can_be_used() {
    let library = Library::read(BTreeMap::new()).unwrap();
    assert!(!library.mappings.is_empty());
    assert!(!severity_rules().is_empty() && !common_secrets().is_empty());
    assert!(crate::Masker::new(common_secrets(), None).is_ok() && crate::SeverityRules::new(&[]).is_ok());
    let index = embedded::own("index").unwrap();
    let lines = index
        .lines()
        .filter(|line| !line.starts_with('#') && !line.starts_with("Template,"));
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let name = line.split(".textfsm").next().unwrap();
        let id = library.id(name.to_owned(), Origin::Own, "", "arp");
        for capture_type in library.mappings.keys() {
            library
                .compile(id.clone(), capture_type)
                .unwrap_or_else(|error| panic!("{error}"));
        }
    }
}
