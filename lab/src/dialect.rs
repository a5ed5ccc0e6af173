//! How each platform's command line behaves, apart from what its show commands print.

use crate::platform::Platform;
use crate::view::View;
use crate::when::Date;

/// What the command line does with a line that is no show command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verb {
    /// No output.
    Quiet,
    /// A line of confirmation.
    Said(String),
    /// Pages have so many lines from now on.
    Rows(usize),
    /// Output is no longer paged.
    PagingOff(&'static str),
    /// Ask for the enable password.
    Enable,
    /// Leave the privileged mode.
    Disable,
    /// End the session.
    Exit,
}

/// How a platform pages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PagerStyle {
    pub(crate) text: &'static str,
    /// What removes the text again.
    pub(crate) erase: &'static str,
    /// Shows how much was printed, as Junos does.
    pub(crate) percent: bool,
}

pub(crate) fn pager(platform: Platform) -> Option<PagerStyle> {
    let (text, erase) = match platform {
        Platform::CiscoIos => (
            " --More-- ",
            "\x08\x08\x08\x08\x08\x08\x08\x08\x08        \x08\x08\x08\x08\x08\x08\x08\x08\x08",
        ),
        Platform::CiscoNxos => ("\x1b[7m--More--\x1b[27m", "\r\x1b[K"),
        Platform::AristaEos => ("\x1b[7m --More-- \x1b[0m", "\r\x1b[K"),
        Platform::JuniperJunos => ("---(more)---", "\r                                        \r"),
        Platform::HpComware => (
            "  ---- More ----",
            "\x1b[42D                                          \x1b[42D",
        ),
        Platform::MikrotikRouteros => ("-- [Q quit|D dump|down]", "\r\x1b[K"),
        Platform::Linux => return None,
    };
    Some(PagerStyle {
        text,
        erase,
        percent: platform == Platform::JuniperJunos,
    })
}

/// Whether a user who logs in has to say `enable` first, where that is asked for.
pub(crate) fn has_enable(platform: Platform) -> bool {
    matches!(platform, Platform::CiscoIos | Platform::AristaEos)
}

/// The prompt, with what the platform prints before it.
pub(crate) fn prompt(platform: Platform, user: &str, host: &str, privileged: bool) -> String {
    match (platform, privileged) {
        (Platform::CiscoIos | Platform::AristaEos, true) => format!("{host}#"),
        (Platform::CiscoIos | Platform::AristaEos, false) => format!("{host}>"),
        (Platform::CiscoNxos, _) => format!("\r{host}# "),
        (Platform::JuniperJunos, _) => format!("\r\n{user}@{host}> "),
        (Platform::HpComware, _) => format!("<{host}>"),
        (Platform::MikrotikRouteros, _) => format!("[{user}@{host}] > "),
        (Platform::Linux, _) => format!("{user}@{host}:~$ "),
    }
}

/// What the platform does with a line that is not a show command; `None`: it is something else.
pub(crate) fn verb(platform: Platform, command: &str) -> Option<Verb> {
    let number_after = |prefix: &str| {
        command
            .strip_prefix(prefix)
            .and_then(|rest| rest.trim().parse::<usize>().ok())
    };
    let verb = match platform {
        Platform::CiscoIos | Platform::AristaEos | Platform::CiscoNxos => match command {
            "terminal length 0" => Verb::PagingOff(match platform {
                Platform::AristaEos => "Pagination disabled.",
                _ => "",
            }),
            "enable" if has_enable(platform) => Verb::Enable,
            "disable" if has_enable(platform) => Verb::Disable,
            "exit" | "quit" | "logout" => Verb::Exit,
            _ => match (number_after("terminal width "), number_after("terminal length ")) {
                (Some(width), _) if platform == Platform::AristaEos => {
                    Verb::Said(format!("Width set to {width} columns."))
                }
                (Some(_), _) => Verb::Quiet,
                (_, Some(rows)) => Verb::Rows(rows),
                _ if matches!(command, "terminal no monitor" | "terminal monitor") => Verb::Quiet,
                _ => return None,
            },
        },
        Platform::JuniperJunos => match command {
            "set cli screen-length 0" => Verb::PagingOff("Screen length set to 0"),
            "set cli complete-on-space off" => Verb::Said("Disabling complete-on-space".to_owned()),
            "exit" | "quit" => Verb::Exit,
            _ => match (
                number_after("set cli screen-width "),
                number_after("set cli screen-length "),
            ) {
                (Some(width), _) => Verb::Said(format!("Screen width set to {width}")),
                (_, Some(rows)) => Verb::Rows(rows),
                _ => return None,
            },
        },
        Platform::HpComware => match command {
            "screen-length disable" => Verb::PagingOff(""),
            "quit" | "exit" => Verb::Exit,
            "undo terminal monitor" | "terminal monitor" | "undo terminal logging" => Verb::Quiet,
            _ => match (number_after("screen-width "), number_after("screen-length ")) {
                (Some(_), _) => Verb::Quiet,
                (_, Some(rows)) => Verb::Rows(rows),
                _ => return None,
            },
        },
        Platform::MikrotikRouteros => match command {
            "quit" | "/quit" | "exit" => Verb::Exit,
            _ => return None,
        },
        Platform::Linux => match command {
            "exit" | "logout" => Verb::Exit,
            "true" | ":" | "set +H" | "unset HISTFILE" => Verb::Quiet,
            _ if command.starts_with("export ") => Verb::Quiet,
            _ if command.starts_with("stty ") => Verb::Quiet,
            _ => return None,
        },
    };
    Some(verb)
}

/// What the platform says of a command it does not know. The lines end in LF.
pub(crate) fn unknown(platform: Platform, command: &str, prompt: &str) -> String {
    let word = command.split_whitespace().next().unwrap_or_default();
    // The caret stands under the first word that is wrong; `show` itself is right.
    let rest = command
        .strip_prefix("show ")
        .or_else(|| command.strip_prefix("display "));
    let offset = rest.map_or(0, |rest| command.len() - rest.len());
    let caret = " ".repeat(prompt.trim_start().chars().count() + offset) + "^";
    match platform {
        Platform::CiscoIos if word == command && word != "show" => {
            // One word that is no command could be the name of a computer to connect to.
            format!(
                "Translating \"{word}\"\n\nTranslating \"{word}\"\n% Bad IP address or host name\n\
                 % Unknown command or computer name, or unable to find computer address\n"
            )
        }
        Platform::CiscoNxos if command == "show" => "% Incomplete command\n".to_owned(),
        Platform::AristaEos if command == "show" => "% Incomplete command\n".to_owned(),
        Platform::HpComware if command == "display" => {
            format!("{caret}\n % Incomplete command found at '^' position.\n")
        }
        Platform::CiscoIos => format!("{caret}\n% Invalid input detected at '^' marker.\n\n"),
        Platform::CiscoNxos => format!("{caret}\n% Invalid command at '^' marker.\n"),
        Platform::AristaEos => "% Invalid input\n".to_owned(),
        Platform::JuniperJunos if rest.is_some() => format!("{caret}\nsyntax error, expecting <command>.\n"),
        Platform::JuniperJunos => format!("{caret}\nunknown command.\n"),
        Platform::HpComware => format!("{caret}\n % Unrecognized command found at '^' position.\n"),
        Platform::MikrotikRouteros if command.starts_with('/') => {
            format!("bad command name {} (line 1 column 2)\n", word.trim_start_matches('/'))
        }
        Platform::MikrotikRouteros => format!("bad command name {word} (line 1 column 1)\n"),
        Platform::Linux => {
            let argument = command.split_whitespace().rfind(|word| !word.starts_with('-'));
            match (word, argument.filter(|argument| *argument != word)) {
                ("cat" | "tail" | "head", Some(file)) => {
                    let doing = if word == "cat" { "" } else { "cannot open '" };
                    let end = if word == "cat" { ":" } else { "' for reading:" };
                    format!("{word}: {doing}{file}{end} No such file or directory\n")
                }
                ("ip" | "bridge", Some(_)) => {
                    let object = command.split_whitespace().nth(1).unwrap_or_default();
                    format!("Object \"{object}\" is unknown, try \"{word} help\".\n")
                }
                _ => format!("-bash: {word}: command not found\n"),
            }
        }
    }
}

/// The banner that SSH shows before the login; about every third device has one.
pub(crate) fn login_banner(view: &View<'_>) -> Option<String> {
    view.number(60)
        .is_multiple_of(3)
        .then(|| format!("\r\n*** {} - authorised users only # ***\r\n\r\n", view.name()))
}

/// What the device prints between the login and its first prompt. Some have lines that end as a prompt would.
pub(crate) fn motd(view: &View<'_>, out: &mut String) {
    let last = Date::new(view.now() - 3_600 * (1 + view.number(61) % 90));
    match view.platform() {
        Platform::CiscoIos => match view.number(62) % 4 {
            0 => out.push_str("\r\n"),
            1 => out.push_str("\r\n#############################################\r\n#  Property of Example Networks\r\n#  Changes only with a ticket>\r\n#\r\n\r\n"),
            2 => out.push_str("\r\nWelcome. Maintenance window: Sunday 02:00 -> 04:00\r\nThis system is monitored>\r\n\r\n"),
            _ => out.push_str("\r\n"),
        },
        Platform::CiscoNxos => {
            if view.number(62).is_multiple_of(2) {
                out.push_str("\r\nUser Access Verification #\r\n");
            }
            out.push_str(
                "\r\nCisco Nexus Operating System (NX-OS) Software\r\nTAC support: http://www.cisco.com/tac\r\n\
                 Copyright (C) 2002-2022, Cisco and/or its affiliates.\r\nAll rights reserved.\r\n\
                 The copyrights to certain works contained in this software are\r\n\
                 owned by other third parties and used and distributed under their own\r\n\
                 licenses, such as open source.\r\n",
            );
        }
        Platform::AristaEos => {
            out.push_str(&format!("Last login: {} {} {:>2} {} from 10.255.0.9\r\n", last.weekday(), last.month_name(), last.day, last.time()));
            if view.number(62).is_multiple_of(2) {
                out.push_str("### leaf maintenance: see the runbook>\r\n");
            }
        }
        Platform::JuniperJunos => out.push_str(&format!(
            "Last login: {} {} {:>2} {} {} from 10.255.0.9\r\n--- JUNOS 20.4R3.8 built 2021-09-15 05:54:16 UTC\r\n",
            last.weekday(),
            last.month_name(),
            last.day,
            last.time(),
            last.year
        )),
        Platform::HpComware => out.push_str(
            "******************************************************************************\r\n\
             * Copyright (c) 2010-2023 Hewlett Packard Enterprise Development LP          *\r\n\
             * Without the owner's prior written consent,                                 *\r\n\
             * no decompiling or reverse-engineering shall be allowed.                    *\r\n\
             ******************************************************************************\r\n\r\n",
        ),
        Platform::MikrotikRouteros => out.push_str(
            "\r\n\r\n  MMM      MMM       KKK                          TTTTTTTTTTT      KKK\r\n  \
             MMMM    MMMM       KKK                          TTTTTTTTTTT      KKK\r\n  \
             MMM MMMM MMM  III  KKK  KKK  RRRRRR     OOOOOO      TTT     III  KKK  KKK\r\n  \
             MMM  MM  MMM  III  KKKKK     RRR  RRR  OOO  OOO     TTT     III  KKKKK\r\n  \
             MMM      MMM  III  KKK KKK   RRRRRR    OOO  OOO     TTT     III  KKK KKK\r\n  \
             MMM      MMM  III  KKK  KKK  RRR  RRR   OOOOOO      TTT     III  KKK  KKK\r\n\r\n  \
             MikroTik RouterOS 6.49.7 (c) 1999-2022       http://www.mikrotik.com/\r\n\r\n\
             [?]             Gives the list of available commands\r\ncommand [?]     Gives help on the command and list of arguments\r\n\r\n\
             [Tab]           Completes the command/word. If the input is ambiguous,\r\n                a second [Tab] gives possible options\r\n\r\n",
        ),
        Platform::Linux => {
            out.push_str(&format!("Linux {} 6.1.0-21-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.90-1 x86_64\r\n", view.name()));
            if view.number(62).is_multiple_of(2) {
                out.push_str("\r\n# managed host: local changes will be overwritten\r\n");
            }
            out.push_str(&format!("Last login: {} from 10.255.0.9\r\n", last.unix()));
        }
    }
}
