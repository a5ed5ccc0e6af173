//! What the rules of the shipped platforms take out of configurations.

use super::*;

/// What stands in every line below, and must stand in none that a viewer sees.
const SECRETS: [&str; 3] = ["S3cr3tOne", "0822455D0A16", "two words"];

/// Lines as the makes write them; the indented ones stand under the line above them.
const LINES: &[(&str, &str)] = &[
    (
        "cisco_ios",
        "archive\n path ftp://user:S3cr3tOne@192.0.2.1/backup\ntacacs server one\n key S3cr3tOne\n key 7 0822455D0A16\n\
         ip ftp password 7 0822455D0A16\nip ftp password S3cr3tOne\n\
         ldap server one\n bind authenticate root-dn CN=a,DC=b password 7 0822455D0A16\n\
         interface Vlan1\n glbp 1 authentication md5 key-string 7 0822455D0A16\n glbp 1 authentication text S3cr3tOne\n \
         standby 1 authentication text S3cr3tOne\n ip nhrp authentication S3cr3tOne\n\
         dot11 ssid one\n wpa-psk ascii 7 0822455D0A16\nmpls ldp neighbor 192.0.2.1 password S3cr3tOne\n\
         aaa group server radius one\n server-private 192.0.2.1 auth-port 1812 acct-port 1813 key 7 0822455D0A16\n \
         server-private 192.0.2.1 auth-port 1812 acct-port 1813 key S3cr3tOne\n\
         router lisp\n ipv4 etr map-server 192.0.2.1 key 7 0822455D0A16\n\
         event manager environment url http://user:S3cr3tOne@192.0.2.1/\n",
    ),
    (
        "cisco_nxos",
        "ldap-server host 192.0.2.1 rootDN \"CN=a\" password 7 \"0822455D0A16\" port 389\n\
         scheduler job name one\n  copy running-config ftp://user:S3cr3tOne@192.0.2.1/x\n\
         radius-server key 7 \"0822455D0A16\"\ntacacs-server host 192.0.2.1 key 7 \"0822455D0A16\"\n",
    ),
    (
        "arista_eos",
        "event-handler one\n   action bash curl https://user:S3cr3tOne@192.0.2.1/x\n\
         radius proxy\n   client group one\n      key 7 0822455D0A16\n      key S3cr3tOne\n\
         tacacs-server host 192.0.2.1 key 7 0822455D0A16\n",
    ),
    (
        "cisco_asa",
        "auto-update server https://user:S3cr3tOne@192.0.2.1/x\naaa-server one host 192.0.2.1\n key S3cr3tOne\n\
         vpdn username one password S3cr3tOne store-local\n",
    ),
    (
        "dell_os10",
        "radius-server key 9 0822455D0A16\ntacacs-server key 9 0822455D0A16\n\
         radius-server host 192.0.2.1 key 9 0822455D0A16\ntacacs-server host 192.0.2.1 key S3cr3tOne\n",
    ),
    (
        "fortinet",
        "config system snmp community\n    edit 1\n        set name \"S3cr3tOne\"\n        config hosts\n            edit 1\n\
         \x20           next\n        end\n    next\nend\nconfig vpn ipsec phase1-interface\n    edit \"one\"\n        \
         set psksecret \"two words\"\n        set psksecret S3cr3tOne\n    next\nend\n",
    ),
    (
        "hp_comware",
        "interface Vlan-interface1\n vrrp vrid 1 authentication-mode md5 cipher 0822455D0A16\n \
         vrrp vrid 1 authentication-mode simple S3cr3tOne\nwlan service-template one\n \
         preshared-key pass-phrase cipher 0822455D0A16\n preshared-key pass-phrase simple S3cr3tOne\n\
         ftp://user:S3cr3tOne@192.0.2.1/x\n",
    ),
    (
        "huawei_vrp",
        "interface Vlanif1\n vrrp vrid 1 authentication-mode md5 0822455D0A16\n \
         vrrp vrid 1 authentication-mode simple cipher S3cr3tOne\nwlan\n security-profile name one\n  \
         security wpa2 psk pass-phrase S3cr3tOne aes\n  security wpa-wpa2 psk hex 0822455D0A16 aes\n",
    ),
    (
        "mikrotik_routeros",
        "/snmp community\nset [ find default=yes ] addresses=192.0.2.0/24 name=S3cr3tOne\nadd addresses=::/0 \\\n    \
         name=\"two words\"\n/snmp community add name=S3cr3tOne\n",
    ),
];

fn masked(rulebook: &Rulebook, platforms: &[&str], text: &str) -> String {
    rulebook
        .mask(platforms, CONFIGS)
        .unwrap()
        .masker
        .mask(text)
        .into_owned()
}

fn rulebook() -> Rulebook {
    Rulebook::new(Arc::new(Catalogue::shipped()), [7; 32], Vec::new()).unwrap()
}

#[test]
fn secrets_of_shipped_platforms_are_masked() {
    let rulebook = rulebook();
    for (platform, text) in LINES {
        for platforms in [[*platform].as_slice(), &["auto"], &[""], &[platform, "auto"]] {
            let masked = masked(&rulebook, platforms, text);
            assert_eq!(masked.lines().count(), text.lines().count());
            for (line, shown) in text.lines().zip(masked.lines()) {
                let holds = SECRETS.iter().any(|secret| line.contains(secret));
                assert!(
                    !holds || shown.contains("<secret ") && !SECRETS.iter().any(|secret| shown.contains(secret)),
                    "{platforms:?}: {shown:?}"
                );
            }
        }
    }
}

#[test]
fn what_is_no_secret_stays_readable() {
    let rulebook = rulebook();
    for (platform, text) in [
        (
            "cisco_ios",
            "key chain one\n key 1\n  accept-lifetime 0:00:00 Jan 1 2026 infinite\nservice password-encryption\n",
        ),
        (
            "cisco_ios",
            "aaa authentication login default group tacacs+ local\nip address 192.0.2.1 255.255.255.0\n",
        ),
        (
            "fortinet",
            "config system interface\n    edit \"one\"\n        set name \"one\"\n    next\nend\n",
        ),
        (
            "mikrotik_routeros",
            "/interface bridge\nadd name=one\n/snmp community\n/interface vlan\nadd name=two\n",
        ),
        (
            "juniper_junos",
            "system {\n    authentication-order [ radius password ];\n    host-name one;\n}\n",
        ),
        ("vyos", "set system host-name 'one'\nset service ssh port '22'\n"),
    ] {
        assert_eq!(masked(&rulebook, &[platform], text), text, "{platform}");
    }
}

#[test]
fn what_users_call_volatile_is_so_in_configurations_alone() {
    let rulebook = rulebook();
    rulebook.set_of_users(vec![volatile_rule::Model {
        id: uuid::Uuid::now_v7(),
        platform: String::new(),
        pattern: "^10\\.0\\.0\\.1 ".to_owned(),
        note: String::new(),
        created_by: String::new(),
        created_at: 0,
    }]);
    for (capture_type, hidden) in [(CONFIGS, true), ("arp", false), ("", false)] {
        let options = rulebook.options(&["linux"], capture_type, 3, false).unwrap();
        let changes = parsers::compare("", "10.0.0.1 dev eth0\n", &options);
        assert_eq!(changes.is_empty(), hidden, "{capture_type:?}");
    }
}
