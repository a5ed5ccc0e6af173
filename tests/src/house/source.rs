//! Rust sources as the rules read them: comments, strings and test modules blanked, lines where they were.

/// The code alone: comments and literals are spaces, every line keeps its number.
#[must_use]
pub fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, keep) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), false)
        } else if rest.starts_with("/*") {
            (block_comment(rest), false)
        } else if first == '"' {
            (string(rest), false)
        } else if first == '\'' {
            character(rest).map_or((1, true), |length| (length, false))
        } else if is_word(first) {
            let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let (name, after) = rest.split_at(word);
            match raw_string(after) {
                Some(length) if matches!(name, "r" | "br" | "cr") => (word + length, false),
                _ => (word, true),
            }
        } else {
            (first.len_utf8(), true)
        };
        let (part, after) = rest.split_at(length);
        if keep {
            out.push_str(part);
        } else {
            out.extend(part.chars().map(blank));
        }
        rest = after;
    }
    out
}

/// [`code`] without what is compiled for tests only: each item under `#[cfg(test)]` is blanked too.
#[must_use]
pub fn product_code(text: &str) -> String {
    let code = code(text);
    let mut out = String::with_capacity(code.len());
    let mut rest = code.as_str();
    while let Some(start) = rest.find("#[cfg(test)]") {
        let (before, item) = rest.split_at(start);
        let (test, after) = item.split_at(item_length(item));
        out.push_str(before);
        out.extend(test.chars().map(blank));
        rest = after;
    }
    out + rest
}

/// The words (identifiers, keywords, numbers) of code, with their lines from 1 and what stands before them in the line.
pub fn words(code: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    code.lines().enumerate().flat_map(|(index, line)| {
        line.split(|c| !is_word(c))
            .filter(|word| !word.is_empty())
            .map(move |word| {
                let at = word.as_ptr() as usize - line.as_ptr() as usize;
                (index + 1, word, line.split_at(at).0)
            })
    })
}

/// Every path that `use` brings in, with the line its statement starts in: `use std::{fs, net::IpAddr}` gives
/// `std::fs` and `std::net::IpAddr`.
#[must_use]
pub fn imports(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, _) in code.match_indices("use ") {
        let (before, statement) = code.split_at(index);
        let starts = before
            .trim_end()
            .chars()
            .next_back()
            .is_none_or(|c| matches!(c, ';' | '{' | '}' | ')' | ']'))
            || before.ends_with("pub ");
        if starts && let Some((tree, _)) = statement.trim_start_matches("use ").split_once(';') {
            let tree: String = tree.split_whitespace().collect::<Vec<_>>().join(" ");
            let line = before.matches('\n').count() + 1;
            found.extend(expand("", &tree).into_iter().map(|path| (line, path)));
        }
    }
    found
}

/// The paths of a `use` tree, each behind the prefix.
fn expand(prefix: &str, tree: &str) -> Vec<String> {
    let Some((head, inside)) = tree.trim().split_once('{') else {
        return vec![format!("{prefix}{}", tree.trim()).trim_start_matches("::").to_owned()];
    };
    let prefix = format!("{prefix}{head}");
    let inside = inside.strip_suffix('}').unwrap_or(inside);
    let mut depth = 0_usize;
    let parts = inside.split(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    parts
        .filter(|part| !part.trim().is_empty())
        .flat_map(|part| expand(&prefix, part))
        .collect()
}

/// Whether a path (as [`imports`] gives it, perhaps with `as`) is `outer` or something in it.
#[must_use]
pub fn is_or_in(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::") || rest.starts_with(' '))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn blank(c: char) -> char {
    if c == '\n' { c } else { ' ' }
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with("*/") {
            (depth, at) = (depth.saturating_sub(1), at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of a literal that starts and ends with the same quote, escapes in it skipped.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            chars.next();
        } else if c == quote {
            return Some(at + 1);
        }
    }
    None
}

fn string(text: &str) -> usize {
    quoted(text, '"').unwrap_or(text.len())
}

/// The length of a character literal; `None` for a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut chars = text.chars().skip(1);
    let (first, second) = (chars.next()?, chars.next()?);
    if first == '\\' || second == '\'' {
        quoted(text, '\'')
    } else {
        None
    }
}

/// The length of `"…"`, `#"…"#` and so on, after the `r`.
fn raw_string(text: &str) -> Option<usize> {
    let hashes = text.find(|c| c != '#')?;
    let (fence, body) = text.split_at(hashes);
    let body = body.strip_prefix('"')?;
    let end = format!("\"{fence}");
    Some(hashes + 1 + body.find(&end).map_or(body.len(), |at| at + end.len()))
}

/// From an attribute to the end of the item that it stands on: its block, or the semicolon before any block.
fn item_length(item: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in item.char_indices() {
        match c {
            ';' if depth == 0 => return at + 1,
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    item.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blank_and_lines_stay() {
        let text = concat!(
            "let a = \"unsafe \\\" unsafe\"; // unsafe\n",
            "/* unsafe /* unsafe */ unsafe\n*/ let b = 'u'; let c: &'a str = r#\"un\"safe\"#;\n",
            "let d = '\\''; let e = b'\"'; fn r<'a>() {} br\"unsafe\\\"; end"
        );
        let code = code(text);
        assert!(!code.contains("unsafe"), "{code}");
        assert_eq!(code.lines().count(), text.lines().count());
        for kept in [
            "let a =",
            "let b =",
            "let c: &'a str =",
            "let d =",
            "let e = b",
            "fn r<'a>() {}",
            "; end",
        ] {
            assert!(code.contains(kept), "{kept} in {code}");
        }
    }

    #[test]
    fn what_is_compiled_for_tests_only_is_blank() {
        let code = product_code(
            "fn a() {}\n#[cfg(test)]\nmod tests { fn b() { c(); } }\nfn d() {}\n#[cfg(test)]\nuse x::y;\nfn e() {}",
        );
        assert_eq!(code.split_whitespace().collect::<String>(), "fna(){}fnd(){}fne(){}");
        assert_eq!(code.lines().count(), 7);
    }

    #[test]
    fn imports_are_whole_paths() {
        let found = imports(
            "use a::b;\npub use std::{\n    env, fs::{self, File},\n    net::IpAddr as Ip,\n};\nlet reuse = 1; let x = refuse ;",
        );
        let found: Vec<_> = found.iter().map(|(line, path)| (*line, path.as_str())).collect();
        assert_eq!(
            found,
            [
                (1, "a::b"),
                (2, "std::env"),
                (2, "std::fs::self"),
                (2, "std::fs::File"),
                (2, "std::net::IpAddr as Ip")
            ]
        );
    }

    #[test]
    fn words_know_what_stands_before_them() {
        let words: Vec<_> = words("x\nstatus = 404;").collect();
        assert_eq!(words, [(1, "x", ""), (2, "status", ""), (2, "404", "status = ")]);
    }
}
