//! Which part of what is looked for tells most: how often its trigrams stand in pieces, as a sample of them shows. Pure.
//!
//! An index of trigrams is quick for what is rare and slow for what is everywhere: asking for `[110/25] via` of
//! `10.172.179.0/24 [110/25] via` takes a hundred times as long as asking for `172.179.0`. Whatever part is asked for,
//! what it finds is looked at afterwards.

use std::collections::HashMap;

/// Letters of a trigram.
const LETTERS: usize = 3;
/// Letters of a part: every trigram that is asked for costs as much as the one before.
const LONGEST: usize = 14;

/// How an index sees letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// Every character is one.
    All,
    /// Only letters and digits of ASCII are; trigrams do not cross anything else.
    Words,
}

impl Alphabet {
    /// What a trigram costs for each piece that it stands in, to what a piece costs that is looked at in vain: measured on
    /// 100,000 texts.
    fn step(self) -> f64 {
        match self {
            Self::All => 1.0 / 5_000.0,
            Self::Words => 1.0 / 1_000.0,
        }
    }
}

type Trigram = [char; LETTERS];

/// In which pieces of a sample trigrams stand.
#[derive(Debug, Default)]
pub(super) struct Rarity {
    pieces: usize,
    /// A bit for each piece.
    found: HashMap<Trigram, Vec<u64>>,
}

impl Rarity {
    /// Looks at a sample, each piece as the index has it.
    pub(super) fn of(sample: &[String], alphabet: Alphabet) -> Self {
        let words = sample.len().div_ceil(64);
        let mut found: HashMap<Trigram, Vec<u64>> = HashMap::new();
        for (at, piece) in sample.iter().enumerate() {
            let letters: Vec<char> = folded(piece).collect();
            for trigram in letters.windows(LETTERS).filter_map(|some| trigram(some, alphabet)) {
                let bits = found.entry(trigram).or_insert_with(|| vec![0; words]);
                if let Some(word) = bits.get_mut(at / 64) {
                    *word |= 1 << (at % 64);
                }
            }
        }
        Self {
            pieces: sample.len(),
            found,
        }
    }

    /// The part of a text to ask for.
    pub(super) fn part(&self, text: &str, alphabet: Alphabet) -> String {
        let letters: Vec<char> = text.chars().collect();
        let lower: Vec<char> = folded(text).collect();
        if letters.len() <= LETTERS || letters.len() != lower.len() {
            return text.to_owned();
        }
        let known: Vec<Option<Known<'_>>> = lower
            .windows(LETTERS)
            .map(|some| Some(self.known(&trigram(some, alphabet)?)))
            .collect();
        let mut best = (f64::INFINITY, 0..letters.len());
        for length in LETTERS..=LONGEST.min(letters.len()) {
            for (from, part) in known.windows(length - LETTERS + 1).enumerate() {
                let price = self.price(part.iter().flatten(), alphabet.step());
                if price < best.0 {
                    best = (price, from..from + length);
                }
            }
        }
        letters.get(best.1).unwrap_or(&letters).iter().collect()
    }

    fn known(&self, trigram: &Trigram) -> Known<'_> {
        let bits = self.found.get(trigram).map_or(&[][..], Vec::as_slice);
        let count: u32 = bits.iter().map(|word| word.count_ones()).sum();
        Known {
            bits,
            share: (f64::from(count) + 0.3) / (as_f64(self.pieces) + 1.0),
        }
    }

    /// What it costs to ask for these together, for each piece there is.
    fn price<'a>(&self, trigrams: impl Iterator<Item = &'a Known<'a>>, step: f64) -> f64 {
        let mut trigrams: Vec<&Known<'_>> = trigrams.collect();
        if trigrams.is_empty() {
            return f64::INFINITY;
        }
        trigrams.sort_by(|one, other| one.share.total_cmp(&other.share));
        let pieces = as_f64(self.pieces.max(1));
        let mut all: Option<Vec<u64>> = (self.pieces > 0).then(|| vec![u64::MAX; self.pieces.div_ceil(64)]);
        let (mut steps, mut hits) = (0.0, 1.0_f64);
        for trigram in trigrams {
            steps += trigram.share;
            let Some(both) = &mut all else {
                hits *= trigram.share;
                continue;
            };
            let mut count = 0;
            for (at, word) in both.iter_mut().enumerate() {
                *word &= trigram.bits.get(at).copied().unwrap_or_default();
                count += word.count_ones();
            }
            if count > 0 {
                hits = f64::from(count) / pieces;
            } else {
                // From here on the sample says nothing: as if one had nothing to do with the other.
                hits = hits.min(1.0 / pieces) / 2.0;
                all = None;
            }
        }
        steps * step + hits
    }
}

/// A trigram of what is looked for.
struct Known<'a> {
    bits: &'a [u64],
    /// The share of all pieces that it stands in.
    share: f64,
}

fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .map(|letter| letter.to_lowercase().next().unwrap_or(letter))
}

fn trigram(letters: &[char], alphabet: Alphabet) -> Option<Trigram> {
    let is_one = alphabet == Alphabet::All || letters.iter().all(char::is_ascii_alphanumeric);
    is_one.then(|| letters.try_into().ok()).flatten()
}

fn as_f64(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network() -> Vec<String> {
        let route = |number: u32| {
            let (third, second) = (number * 37 % 256, number * 101 % 256);
            format!(
                "O    10.{second}.{third}.0/24 [110/{}] via 10.0.0.1, Gi1/0/{}\n",
                number % 90,
                number % 48
            )
        };
        let interface = |number: u32| {
            let words = ["storage camera", "printer uplink", "access rack", "voice guest"];
            let word = words.get(number as usize % words.len()).unwrap();
            format!(
                "interface GigabitEthernet1/0/{}\n description {word} {}\n",
                number % 48,
                number * 7919 % 10_000
            )
        };
        let piece = |from: u32, line: &dyn Fn(u32) -> String| (from..from + 30).map(line).collect::<String>();
        (0..100)
            .flat_map(|at| [piece(at * 30, &route), piece(at * 30, &interface)])
            .collect()
    }

    #[test]
    fn what_is_rare_is_asked_for() {
        let rarity = Rarity::of(&network(), Alphabet::All);
        let part = |text: &str| rarity.part(text, Alphabet::All);
        let route = part("O    10.172.179.0/24 [110/25] via 10.0.0.1, Gi1/0/7");
        assert!(route.contains("72.1") && !route.contains("via"), "{route}");
        let described = part(" description storage camera 1442");
        assert!(described.contains("1442"), "{described}");
        let nowhere = part("no-such-interface GigabitEthernet3/0/14-0");
        assert!("no-such-".contains(nowhere.split("inter").next().unwrap()), "{nowhere}");
        assert!(part("10.112.113.119 and 10.112.113.120").chars().count() <= LONGEST);
    }

    #[test]
    fn a_part_is_as_it_was_written() {
        let rarity = Rarity::of(&network(), Alphabet::All);
        for text in ["", "ab", "abc", "GI0/1", "Größe ẞ", "İstanbul interface", "ﬁ 10.0.0.1"] {
            assert!(text.contains(&rarity.part(text, Alphabet::All)), "{text}");
        }
    }

    #[test]
    fn without_a_sample_the_part_is_long_enough_to_tell_something() {
        let part = Rarity::default().part("interface GigabitEthernet3/0/14", Alphabet::All);
        assert!(part.chars().count() > 6, "{part}");
    }

    #[test]
    fn where_words_alone_are_indexed_a_part_has_one() {
        let sample = ["abc [110/25] xyz def".to_owned(), "abc".to_owned()];
        let rarity = Rarity::of(&sample, Alphabet::Words);
        assert_eq!(rarity.part("[] [110] []", Alphabet::Words), "110");
        assert_eq!(rarity.part("[][][]", Alphabet::Words), "[][][]");
    }
}
