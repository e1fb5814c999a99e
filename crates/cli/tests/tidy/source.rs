//! What rules ask of a Rust file, read from its tokens.
//!
//! Tokens also show what macros hide from Clippy and from the syntax tree.

use crate::names::Scope;
use proc_macro2::{Delimiter, Group, Literal, Span, TokenStream, TokenTree};

pub(crate) struct Source {
    pub(crate) text: String,
    pub(crate) functions: Vec<Function>,
    /// Lines of `unsafe` and of `global_asm!`, which needs no `unsafe`.
    pub(crate) unsafe_lines: Vec<usize>,
    /// Lines of `allow` or `expect` with [`UNCOUNTED`] lints.
    pub(crate) allow_lines: Vec<usize>,
    pub(crate) forbids_unsafe: bool,
    /// Lines that a literal makes long.
    pub(crate) literal_lines: Vec<usize>,
    /// What the module names.
    pub(crate) scope: Scope,
}

pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    /// Lines between the braces that are neither blank nor comment, as Clippy counts.
    pub(crate) line_count: usize,
}

/// The widest line, in characters.
pub(crate) const COLUMNS_MAX: usize = 100;

/// Whoever allows one of these lints has functions of any length.
const UNCOUNTED: [&str; 2] = ["too_many_lines", "pedantic"];

impl Source {
    /// Parses a file. Fails with the line and the reason.
    pub(crate) fn parse(text: String) -> Result<Self, (usize, String)> {
        let tokens: TokenStream = text
            .parse()
            .map_err(|error: proc_macro2::LexError| (line(error.span()), error.to_string()))?;
        let file: syn::File =
            syn::parse2(tokens.clone()).map_err(|error| (line(error.span()), error.to_string()))?;
        let mut reader = Reader::default();
        reader.read(tokens);
        let functions = reader.count();
        Ok(Self {
            text,
            functions,
            unsafe_lines: reader.unsafe_lines,
            allow_lines: reader.allow_lines,
            forbids_unsafe: file.attrs.iter().any(forbids_unsafe),
            literal_lines: reader.literal_lines,
            scope: Scope::of(&file),
        })
    }
}

fn line(span: Span) -> usize {
    span.start().line
}

fn forbids_unsafe(attribute: &syn::Attribute) -> bool {
    let mut found = false;
    if attribute.path().is_ident("forbid") {
        // What is no list of lints is the compiler's business.
        let _ = attribute.parse_nested_meta(|lint| {
            found |= lint.path.is_ident("unsafe_code");
            Ok(())
        });
    }
    found
}

/// The body of a function: where it starts, the lines of its braces.
struct Body {
    name: String,
    line: usize,
    open: usize,
    close: usize,
}

#[derive(Default)]
struct Reader {
    /// Which lines have tokens.
    has_code: Vec<bool>,
    bodies: Vec<Body>,
    unsafe_lines: Vec<usize>,
    allow_lines: Vec<usize>,
    literal_lines: Vec<usize>,
}

impl Reader {
    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            if let Some(behind) = doc_end(&tokens[at..]) {
                at += behind;
                continue;
            }
            self.note(token, &tokens[at + 1..]);
            at += 1;
        }
    }

    fn note(&mut self, token: &TokenTree, next: &[TokenTree]) {
        match token {
            TokenTree::Group(group) => {
                self.mark(group.span_open());
                self.mark(group.span_close());
                self.read(group.stream());
            }
            TokenTree::Ident(ident) => {
                self.mark(ident.span());
                self.note_word(&ident.to_string(), line(ident.span()), next);
            }
            TokenTree::Literal(literal) => {
                self.mark(literal.span());
                self.note_literal(literal);
            }
            TokenTree::Punct(punct) => self.mark(punct.span()),
        }
    }

    fn mark(&mut self, span: Span) {
        let (first, last) = (span.start().line, span.end().line);
        if self.has_code.len() <= last {
            self.has_code.resize(last + 1, false);
        }
        self.has_code[first..=last].fill(true);
    }

    fn note_word(&mut self, word: &str, line: usize, next: &[TokenTree]) {
        match (word, next) {
            ("unsafe", next) if !is_function_type(next) => self.unsafe_lines.push(line),
            ("global_asm", [TokenTree::Punct(bang), ..]) if bang.as_char() == '!' => {
                self.unsafe_lines.push(line);
            }
            ("allow" | "expect", [TokenTree::Group(lints), ..]) if lifts_the_limit(lints) => {
                self.allow_lines.push(line);
            }
            ("fn", next) => self.bodies.extend(body(line, next)),
            _ => {}
        }
    }

    /// A literal excuses a long line if it is too long by itself, or if the line is text of a raw
    /// string, which no `\` can break.
    fn note_literal(&mut self, literal: &Literal) {
        let (start, end) = (literal.span().start(), literal.span().end());
        if start.line == end.line && end.column - start.column > COLUMNS_MAX {
            self.literal_lines.push(start.line);
        } else if start.line != end.line && is_raw(&literal.to_string()) {
            self.literal_lines.extend(start.line..=end.line);
        }
    }

    fn count(&self) -> Vec<Function> {
        let count = |body: &Body| {
            let between = self
                .has_code
                .get(body.open + 1..body.close)
                .unwrap_or_default();
            let line_count = between.iter().filter(|&&has_code| has_code).count();
            Function {
                name: body.name.clone(),
                line: body.line,
                line_count,
            }
        };
        self.bodies.iter().map(count).collect()
    }
}

fn is_raw(literal: &str) -> bool {
    literal.trim_start_matches(['b', 'c']).starts_with('r')
}

/// The number of tokens of a doc comment or `#[doc = ...]` that `tokens` begin with.
fn doc_end(tokens: &[TokenTree]) -> Option<usize> {
    let is = |token: &TokenTree, sign| matches!(token, TokenTree::Punct(p) if p.as_char() == sign);
    let (group, end) = match tokens {
        [hash, TokenTree::Group(group), ..] if is(hash, '#') => (group, 2),
        [hash, bang, TokenTree::Group(group), ..] if is(hash, '#') && is(bang, '!') => (group, 3),
        _ => return None,
    };
    let mut inside = group.stream().into_iter();
    let is_doc = matches!(inside.next(), Some(TokenTree::Ident(ident)) if ident == "doc")
        && matches!(inside.next(), Some(TokenTree::Punct(punct)) if punct.as_char() == '=');
    is_doc.then_some(end)
}

/// Whether these tokens after `unsafe` make a type of function pointers, which does nothing.
fn is_function_type(next: &[TokenTree]) -> bool {
    let word = |token: &TokenTree, word| matches!(token, TokenTree::Ident(ident) if ident == word);
    let next = match next {
        [external, TokenTree::Literal(_), rest @ ..] if word(external, "extern") => rest,
        [external, rest @ ..] if word(external, "extern") => rest,
        all => all,
    };
    matches!(next, [function, TokenTree::Group(_), ..] if word(function, "fn"))
}

fn lifts_the_limit(lints: &Group) -> bool {
    let lints: Vec<TokenTree> = lints.stream().into_iter().collect();
    lints.windows(4).any(|tokens| match tokens {
        [
            TokenTree::Ident(tool),
            TokenTree::Punct(_),
            TokenTree::Punct(_),
            TokenTree::Ident(lint),
        ] => tool == "clippy" && UNCOUNTED.iter().any(|name| lint == name),
        _ => false,
    })
}

/// The function whose tokens follow a `fn`: its name, perhaps a macro's `$name`, and the first
/// braces before a `;`.
fn body(line: usize, next: &[TokenTree]) -> Option<Body> {
    let (name, rest) = match next {
        [TokenTree::Ident(name), rest @ ..] => (name.to_string(), rest),
        [TokenTree::Punct(dollar), TokenTree::Ident(name), rest @ ..]
            if dollar.as_char() == '$' =>
        {
            (format!("${name}"), rest)
        }
        _ => return None,
    };
    for token in rest {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ';' => return None,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let (open, close) = (
                    group.span_open().end().line,
                    group.span_close().start().line,
                );
                return Some(Body {
                    name,
                    line,
                    open,
                    close,
                });
            }
            _ => {}
        }
    }
    None
}
