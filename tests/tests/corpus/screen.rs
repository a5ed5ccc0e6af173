//! What a line of terminal bytes leaves on the screen.

use anyhow::{Context, bail};

/// Carries out the control characters of one line, given without its LF. What is not known to be one is an error: a
/// recording that holds something new must be looked at.
pub(crate) fn shown(line: &str) -> anyhow::Result<String> {
    let mut screen: Vec<char> = Vec::new();
    let mut cursor = 0;
    let mut rest = line.trim_end_matches('\r').chars();
    while let Some(one) = rest.next() {
        match one {
            '\r' => cursor = 0,
            '\u{8}' => cursor = usize::saturating_sub(cursor, 1),
            '\u{7}' => {}
            '\u{1b}' => match rest.next() {
                // Keypad modes.
                Some('=' | '>') => {}
                Some('[') => {
                    let parameters: String = rest.clone().take_while(|next| !next.is_ascii_alphabetic()).collect();
                    let action = rest.nth(parameters.chars().count());
                    let number = || parameters.parse::<usize>().unwrap_or(1);
                    match action.context("an escape sequence without an end")? {
                        // Colours; private modes such as that of the cursor keys.
                        'm' => {}
                        'h' | 'l' if parameters.starts_with('?') => {}
                        'K' | 'J' if parameters.is_empty() || parameters == "0" => screen.truncate(cursor),
                        'D' => cursor = usize::saturating_sub(cursor, number()),
                        other => bail!("unknown escape sequence [{parameters}{other} in {line:?}"),
                    }
                }
                other => bail!("unknown escape sequence {other:?} in {line:?}"),
            },
            control if control.is_control() && control != '\t' => bail!("unknown control {control:?} in {line:?}"),
            letter => {
                if cursor >= screen.len() {
                    screen.resize(cursor, ' ');
                    screen.push(letter);
                } else if let Some(place) = screen.get_mut(cursor) {
                    *place = letter;
                }
                cursor += 1;
            }
        }
    }
    Ok(screen.into_iter().collect())
}

#[test]
fn a_line_is_what_the_screen_shows() -> anyhow::Result<()> {
    for (sent, seen) in [
        ("plain  ", "plain  "),
        ("ends\r\r", "ends"),
        ("\rr1# ", "r1# "),
        ("shov\u{8}w", "show"),
        ("\u{1b}[?1h\u{1b}=\rVersion\u{1b}[m", "Version"),
        ("junk\r\u{1b}[K\u{1b}[?1l\u{1b}>me@r1:~$ ", "me@r1:~$ "),
        ("\u{1b}[1;31mred\u{1b}[0m", "red"),
        ("abc\u{1b}[2D\u{1b}[Jx", "ax"),
        ("a\tb", "a\tb"),
    ] {
        assert_eq!(shown(sent)?, seen, "{sent:?}");
    }
    assert!(shown("\u{1b}[5A").is_err());
    assert!(shown("a\0").is_err());
    Ok(())
}
