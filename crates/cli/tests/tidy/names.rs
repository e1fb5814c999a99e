//! What a module declares and names, read from the syntax tree.

use proc_macro2::{Spacing, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ForeignItem, ImplItem, Item, Lit, Meta, Token, UseTree};

/// One module: a file, or the braces of `mod name { ... }`.
#[derive(Default)]
pub(crate) struct Scope {
    /// Names that items of this module define, modules and imports apart.
    pub(crate) items: BTreeSet<String>,
    pub(crate) imports: Vec<Import>,
    pub(crate) paths: Vec<Name>,
    pub(crate) children: Vec<Child>,
    /// Every identifier outside tests with its first line: what a glob import may stand for.
    pub(crate) words: BTreeMap<String, usize>,
}

/// A path of two segments or more. The first is empty in `::name`, which is a crate's.
pub(crate) struct Name {
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
    pub(crate) is_test: bool,
}

pub(crate) struct Import {
    pub(crate) path: Name,
    /// What the import is called here; nothing for a glob.
    pub(crate) name: Option<String>,
    /// Whether only a block sees it.
    pub(crate) is_local: bool,
}

pub(crate) struct Child {
    pub(crate) name: String,
    pub(crate) is_test: bool,
    /// The paths of `#[path]`, more than one if it depends on the configuration.
    pub(crate) paths: Vec<String>,
    pub(crate) body: Option<Scope>,
}

impl Scope {
    pub(crate) fn of(file: &syn::File) -> Self {
        let mut walk = Walk::default();
        for item in &file.items {
            walk.visit_item(item);
        }
        walk.scope
    }

    /// The paths of imports and others, also those of modules in braces.
    pub(crate) fn all_paths(&self) -> Vec<&Name> {
        let imports = self.imports.iter().map(|import| &import.path);
        let bodies = self.children.iter().filter_map(|child| child.body.as_ref());
        imports
            .chain(&self.paths)
            .chain(bodies.flat_map(Scope::all_paths))
            .collect()
    }
}

#[derive(Default)]
struct Walk {
    scope: Scope,
    is_test: bool,
    is_in_attribute: bool,
    /// How many blocks are around.
    blocks: usize,
}

impl Walk {
    fn within_test(&mut self, attributes: &[Attribute], walk: impl FnOnce(&mut Self)) {
        let before = self.is_test;
        self.is_test |= attributes.iter().any(is_test);
        walk(self);
        self.is_test = before;
    }

    fn add_path(&mut self, segments: Vec<String>, line: usize) {
        if segments.len() > 1 {
            self.scope.paths.push(Name {
                segments,
                line,
                is_test: self.is_test,
            });
        }
    }

    fn add_import(&mut self, mut segments: Vec<String>, line: usize, name: Option<&str>) {
        // `use a::b::{self}` imports `a::b`.
        let is_self = segments.len() > 1 && segments.last().is_some_and(|last| last == "self");
        let own = if is_self {
            segments.get(segments.len() - 2).cloned()
        } else {
            None
        };
        if is_self {
            segments.pop();
        }
        let name = name.map(|name| match own {
            Some(own) if name == "self" => own,
            _ => name.to_owned(),
        });
        let path = Name {
            segments,
            line,
            is_test: self.is_test,
        };
        self.scope.imports.push(Import {
            path,
            name,
            is_local: self.blocks > 0,
        });
    }

    fn add_tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |ident: &syn::Ident| [before, &[word(ident)]].concat();
        let line = |ident: &syn::Ident| ident.span().start().line;
        match tree {
            UseTree::Path(path) => self.add_tree(&with(&path.ident), &path.tree),
            UseTree::Name(name) => {
                let own = word(&name.ident);
                self.add_import(with(&name.ident), line(&name.ident), Some(&own));
            }
            UseTree::Rename(name) => {
                let renamed = word(&name.rename);
                self.add_import(with(&name.ident), line(&name.ident), Some(&renamed));
            }
            UseTree::Glob(glob) => {
                let line = glob.star_token.spans[0].start().line;
                self.add_import(before.to_vec(), line, None);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_tree(before, tree);
                }
            }
        }
    }

    fn add_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            at += match &tokens[at] {
                TokenTree::Group(group) => {
                    self.visit_token_stream(&group.stream());
                    1
                }
                TokenTree::Literal(literal) => {
                    self.add_quoted(&literal.to_string(), literal.span().start().line);
                    1
                }
                TokenTree::Ident(ident) if ident == "use" => self.add_use_tokens(&tokens[at..]),
                TokenTree::Ident(_) => self.add_path_tokens(&tokens, at),
                TokenTree::Punct(_) => 1,
            };
        }
    }

    /// Reads a `use` within a macro and returns how many tokens it has, or 1 if it is none.
    fn add_use_tokens(&mut self, tokens: &[TokenTree]) -> usize {
        let Some(end) = tokens.iter().position(|token| is_sign(token, ';')) else {
            return 1;
        };
        match syn::parse2::<syn::ItemUse>(tokens[..=end].iter().cloned().collect()) {
            Ok(import) => {
                self.visit_item_use(&import);
                end + 1
            }
            Err(_) => 1,
        }
    }

    /// Reads the path that starts at an identifier and returns how many tokens it has.
    fn add_path_tokens(&mut self, tokens: &[TokenTree], start: usize) -> usize {
        let mut segments = Vec::new();
        let mut line = 0;
        let mut at = start;
        while let Some(TokenTree::Ident(ident)) = tokens.get(at) {
            line = if segments.is_empty() {
                ident.span().start().line
            } else {
                line
            };
            self.visit_ident(ident);
            segments.push(word(ident));
            at += 1;
            if !is_colons(&tokens[at..]) {
                break;
            }
            at += 2;
        }
        match start_of_path(&tokens[..start], &segments[0]) {
            Start::Name => self.add_path(segments, line),
            Start::Crates => {
                segments.insert(0, String::new());
                self.add_path(segments, line);
            }
            Start::Nothing => {}
        }
        // The colons before `<` or `{` belong to no next path.
        at - start
    }

    /// Attributes quote paths, as in `#[serde(with = "hex::short")]`.
    fn add_quoted(&mut self, literal: &str, line: usize) {
        let quoted = literal
            .strip_prefix('"')
            .and_then(|literal| literal.strip_suffix('"'));
        let Some(text) = quoted.filter(|text| self.is_in_attribute && text.contains("::")) else {
            return;
        };
        let is_word = |part: &str| part.chars().all(|c| c.is_alphanumeric() || c == '_');
        if text.split("::").all(is_word) {
            self.add_path(text.split("::").map(str::to_owned).collect(), line);
        }
    }
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_item(&mut self, item: &'ast Item) {
        if self.blocks == 0 && !attributes(item).iter().any(is_test) {
            self.scope.items.extend(defined(item));
        }
        self.within_test(attributes(item), |walk| visit::visit_item(walk, item));
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes: &[Attribute] = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            ImplItem::Macro(item) => &item.attrs,
            _ => &[],
        };
        self.within_test(attributes, |walk| visit::visit_impl_item(walk, item));
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let body = item.content.as_ref().map(|(_, items)| {
            let mut inner = Self {
                is_test: self.is_test,
                ..Self::default()
            };
            for item in items {
                inner.visit_item(item);
            }
            inner.scope
        });
        let paths = item
            .attrs
            .iter()
            .flat_map(|attribute| paths_of(&attribute.meta))
            .collect();
        let child = Child {
            name: word(&item.ident),
            is_test: self.is_test,
            paths,
            body,
        };
        self.scope.children.push(child);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let before: &[String] = if item.leading_colon.is_some() {
            &[String::new()]
        } else {
            &[]
        };
        self.add_tree(before, &item.tree);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        let own = word(&item.ident);
        let name = item
            .rename
            .as_ref()
            .map_or(own.clone(), |(_, name)| word(name));
        self.add_import(
            vec![String::new(), own],
            item.ident.span().start().line,
            Some(&name),
        );
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        self.blocks += 1;
        visit::visit_block(self, block);
        self.blocks -= 1;
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let Some(first) = path.segments.first() {
            let leading = path.leading_colon.as_ref().map(|_| String::new());
            let segments = path.segments.iter().map(|segment| word(&segment.ident));
            self.add_path(
                leading.into_iter().chain(segments).collect(),
                first.ident.span().start().line,
            );
        }
        visit::visit_path(self, path);
    }

    fn visit_ident(&mut self, ident: &'ast syn::Ident) {
        if !self.is_test {
            let line = ident.span().start().line;
            self.scope.words.entry(word(ident)).or_insert(line);
        }
    }

    fn visit_token_stream(&mut self, tokens: &'ast TokenStream) {
        self.add_tokens(tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if attribute.path().is_ident("doc") {
            return;
        }
        self.is_in_attribute = true;
        visit::visit_attribute(self, attribute);
        self.is_in_attribute = false;
    }
}

fn word(ident: &syn::Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}

fn is_sign(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

fn is_colons(tokens: &[TokenTree]) -> bool {
    match tokens {
        [TokenTree::Punct(first), second, ..] => {
            first.as_char() == ':' && first.spacing() == Spacing::Joint && is_sign(second, ':')
        }
        _ => false,
    }
}

/// What an identifier among tokens starts, by what is before it.
enum Start {
    /// A path.
    Name,
    /// A path behind `::`, which begins with a crate.
    Crates,
    /// A field, a lifetime, a macro's variable, or the end of `<T as Trait>::item`.
    Nothing,
}

fn start_of_path(before: &[TokenTree], first: &str) -> Start {
    let behind = |sign, at: usize| {
        before
            .iter()
            .rev()
            .nth(at)
            .is_some_and(|token| is_sign(token, sign))
    };
    if behind('$', 0) && first == "crate" {
        return Start::Name;
    }
    if behind('$', 0) || behind('\'', 0) || (behind('.', 0) && !behind('.', 1)) {
        return Start::Nothing;
    }
    if !(behind(':', 0) && behind(':', 1)) {
        return Start::Name;
    }
    match before.iter().rev().nth(2) {
        Some(TokenTree::Ident(_)) => Start::Nothing,
        Some(token) if is_sign(token, '>') => Start::Nothing,
        _ => Start::Crates,
    }
}

/// Whether an attribute keeps an item out of everything but tests.
fn is_test(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute
            .parse_args::<Meta>()
            .is_ok_and(|condition| implies_test(&condition))
}

fn implies_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) => {
            let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            let parts = parts.map(|parts| parts.iter().map(implies_test).collect::<Vec<_>>());
            let parts = parts.unwrap_or_default();
            (list.path.is_ident("all") && parts.contains(&true))
                || (list.path.is_ident("any") && !parts.is_empty() && !parts.contains(&false))
        }
        Meta::NameValue(_) => false,
    }
}

/// The paths of `path = "..."`, also within `cfg_attr`.
fn paths_of(meta: &Meta) -> Vec<String> {
    match meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(syn::ExprLit {
                lit: Lit::Str(path),
                ..
            }) => vec![path.value()],
            _ => Vec::new(),
        },
        Meta::List(list) if list.path.is_ident("cfg_attr") => {
            let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            parts
                .map(|parts| parts.iter().flat_map(paths_of).collect())
                .unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The names that an item defines in its module.
fn defined(item: &Item) -> Vec<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        Item::Macro(syn::ItemMacro {
            ident: Some(ident), ..
        }) => ident,
        Item::ForeignMod(block) => return block.items.iter().filter_map(foreign).collect(),
        _ => return Vec::new(),
    };
    vec![word(name)]
}

fn foreign(item: &ForeignItem) -> Option<String> {
    match item {
        ForeignItem::Fn(item) => Some(word(&item.sig.ident)),
        ForeignItem::Static(item) => Some(word(&item.ident)),
        ForeignItem::Type(item) => Some(word(&item.ident)),
        _ => None,
    }
}
