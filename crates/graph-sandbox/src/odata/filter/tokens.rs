//! A `$filter` as words, texts and signs.

use super::malformed;
use crate::odata::ODataProblem;

/// Words of one filter.
const MAX: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
    Colon,
}

/// Takes a filter apart.
pub(super) fn read(text: &str) -> Result<Vec<Token>, ODataProblem> {
    let mut out = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if out.len() == MAX {
            return Err(malformed());
        }
        out.push(match letter {
            ' ' | '\t' => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            ':' => Token::Colon,
            '\'' => Token::Text(quoted(&mut letters)?),
            first => {
                // `c:` in a lambda ends a word; a time has digits before it.
                let ends = if first.is_ascii_digit() {
                    " \t(),'"
                } else {
                    " \t(),':"
                };
                let mut word = String::from(first);
                while let Some(next) = letters.next_if(|next| !ends.contains(*next)) {
                    word.push(next);
                }
                Token::Word(word)
            }
        });
    }
    Ok(out)
}

fn quoted(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, ODataProblem> {
    let mut text = String::new();
    loop {
        match letters.next() {
            Some('\'') if letters.next_if_eq(&'\'').is_some() => text.push('\''),
            Some('\'') => return Ok(text),
            Some(letter) => text.push(letter),
            None => return Err(malformed()),
        }
    }
}
