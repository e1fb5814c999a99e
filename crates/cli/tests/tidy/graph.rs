//! The modules of one crate, and which of them names which.
//!
//! An arrow runs from the module that names something to the module that defines it, and to each
//! module that re-exports it on the way. A glob import stands for the words of its module that the
//! other module knows. Four things draw no arrow: code under `cfg(test)`, calls of methods, the
//! links of doc comments, and macros that `#[macro_use]` passes on.

use crate::names::{Import, Name, Scope};
use crate::tree::Tree;
use std::collections::BTreeSet;
use std::slice;

pub(crate) struct Graph<'t> {
    /// The root is the first.
    pub(crate) modules: Vec<Module<'t>>,
    /// The files that belong to the crate.
    pub(crate) files: BTreeSet<String>,
}

pub(crate) struct Module<'t> {
    /// As in `a::b`; empty for the root.
    pub(crate) path: String,
    pub(crate) parent: Option<usize>,
    pub(crate) is_test: bool,
    children: Vec<(&'t str, usize)>,
    /// What it consists of; more than one scope if files depend on the configuration.
    parts: Vec<Part<'t>>,
}

struct Part<'t> {
    file: String,
    scope: &'t Scope,
}

/// One module names something of another.
pub(crate) struct Arrow {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) file: String,
    pub(crate) line: usize,
    /// The words in the code.
    pub(crate) name: String,
}

/// What a path leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Module(usize),
    /// An item of this module.
    Item(usize),
}

/// One search through imports.
#[derive(Default)]
struct Search {
    /// The names that are being looked up, each in its module: imports may form a circle.
    open: Vec<(usize, String)>,
    /// The modules whose imports led on.
    on_the_way: Vec<usize>,
}

/// Where a module's code is.
struct Home<'a> {
    file: &'a str,
    /// The folder of the files of its children.
    folder: String,
    is_inline: bool,
}

impl Home<'_> {
    /// The folder that `#[path]` starts from.
    fn base(&self) -> &str {
        if self.is_inline {
            &self.folder
        } else {
            parent_of(self.file)
        }
    }
}

impl<'t> Graph<'t> {
    /// The crate that is compiled from the file `root`.
    pub(crate) fn of(tree: &'t Tree, root: &str) -> Self {
        let mut graph = Self {
            modules: Vec::new(),
            files: BTreeSet::new(),
        };
        graph.add(None, "", false);
        graph.read_file(tree, 0, root, true);
        graph
    }

    fn add(&mut self, parent: Option<usize>, name: &'t str, is_test: bool) -> usize {
        let own = self.modules.len();
        let path = match parent.map(|parent| &self.modules[parent].path) {
            Some(path) if !path.is_empty() => format!("{path}::{name}"),
            _ => name.to_owned(),
        };
        if let Some(parent) = parent {
            self.modules[parent].children.push((name, own));
        }
        self.modules.push(Module {
            path,
            parent,
            is_test,
            children: Vec::new(),
            parts: Vec::new(),
        });
        own
    }

    fn read_file(&mut self, tree: &'t Tree, module: usize, file: &str, is_root: bool) {
        let Some(source) = tree.sources.get(file) else {
            return;
        };
        self.files.insert(file.to_owned());
        let folder = match file.strip_suffix("/mod.rs") {
            Some(folder) => folder,
            None if is_root => parent_of(file),
            None => file.trim_end_matches(".rs"),
        };
        let home = Home {
            file,
            folder: folder.to_owned(),
            is_inline: false,
        };
        self.read(tree, module, &source.scope, &home);
    }

    fn read(&mut self, tree: &'t Tree, module: usize, scope: &'t Scope, home: &Home<'_>) {
        self.modules[module].parts.push(Part {
            file: home.file.to_owned(),
            scope,
        });
        for child in &scope.children {
            let is_test = child.is_test || self.modules[module].is_test;
            let known = self.modules[module]
                .children
                .iter()
                .find(|(name, _)| *name == child.name);
            let own = match known {
                Some(&(_, own)) => own,
                None => self.add(Some(module), &child.name, is_test),
            };
            self.modules[own].is_test &= is_test;
            let folder = joined(&home.folder, &child.name);
            if let Some(body) = &child.body {
                let (file, is_inline) = (home.file, true);
                self.read(
                    tree,
                    own,
                    body,
                    &Home {
                        file,
                        folder,
                        is_inline,
                    },
                );
            } else if child.paths.is_empty() {
                self.read_file(tree, own, &format!("{folder}.rs"), false);
                self.read_file(tree, own, &format!("{folder}/mod.rs"), false);
            }
            for path in &child.paths {
                // What `#[path]` names has its children beside it, as a root has.
                self.read_file(tree, own, &joined(home.base(), path), true);
            }
        }
    }

    /// The ancestors of a module, itself first, the root last.
    pub(crate) fn line_to_root(&self, module: usize) -> Vec<usize> {
        std::iter::successors(Some(module), |&module| self.modules[module].parent).collect()
    }

    /// Every arrow outside tests.
    pub(crate) fn arrows(&self) -> Vec<Arrow> {
        let mut arrows = Vec::new();
        for from in (0..self.modules.len()).filter(|&module| !self.modules[module].is_test) {
            for part in &self.modules[from].parts {
                let imports = part.scope.imports.iter().map(|import| &import.path);
                for name in imports
                    .chain(&part.scope.paths)
                    .filter(|name| !name.is_test)
                {
                    let text = name.segments.join("::");
                    self.draw(
                        from,
                        &name.segments,
                        (&part.file, name.line, &text),
                        &mut arrows,
                    );
                }
                for glob in part.scope.imports.iter().filter(|import| is_glob(import)) {
                    self.draw_glob(from, part, &glob.path, &mut arrows);
                }
            }
        }
        arrows
    }

    fn draw(
        &self,
        from: usize,
        segments: &[String],
        (file, line, name): (&str, usize, &str),
        arrows: &mut Vec<Arrow>,
    ) {
        let mut search = Search::default();
        let places = self.resolve(from, segments, &mut search);
        let ends = places.into_iter().map(|place| match place {
            Place::Module(module) | Place::Item(module) => module,
        });
        let ends: BTreeSet<usize> = ends.chain(search.on_the_way).collect();
        arrows.extend(ends.into_iter().filter(|&to| to != from).map(|to| {
            let (file, name) = (file.to_owned(), name.to_owned());
            Arrow {
                from,
                to,
                file,
                line,
                name,
            }
        }));
    }

    /// Draws what the words of a part mean by way of a glob import.
    fn draw_glob(&self, from: usize, part: &Part<'_>, glob: &Name, arrows: &mut Vec<Arrow>) {
        let opened = self.resolve(from, &glob.segments, &mut Search::default());
        for module in opened.iter().filter_map(Place::module) {
            for (word, &line) in &part.scope.words {
                let query = Query::outside(module, word, false);
                let is_known = !self.lookup(&query, &mut Search::default()).is_empty();
                if is_known && !part.scope.items.contains(word) {
                    let segments = [&glob.segments[..], slice::from_ref(word)].concat();
                    self.draw(from, &segments, (&part.file, line, word), arrows);
                }
            }
        }
    }

    /// What a path means in a module. Nothing if it starts at another crate.
    fn resolve(&self, from: usize, segments: &[String], search: &mut Search) -> Vec<Place> {
        let Some((first, rest)) = segments.split_first() else {
            return Vec::new();
        };
        let mut places = match self.step(from, first) {
            Some(place) => vec![place],
            None if first.is_empty() => Vec::new(),
            None => self.lookup(&Query::inside(from, first, !rest.is_empty()), search),
        };
        for (at, segment) in rest.iter().enumerate() {
            let modules: Vec<usize> = places.iter().filter_map(Place::module).collect();
            if modules.is_empty() {
                break;
            }
            let leads_on = at + 1 < rest.len();
            let descend = |module| self.descend(module, segment, leads_on, search);
            places = modules.into_iter().flat_map(descend).collect();
        }
        places
    }

    fn descend(
        &self,
        module: usize,
        segment: &str,
        leads_on: bool,
        search: &mut Search,
    ) -> Vec<Place> {
        if let Some(place) = self.step(module, segment) {
            return vec![place];
        }
        let found = self.lookup(&Query::outside(module, segment, leads_on), search);
        // A macro defines what no search finds.
        if found.is_empty() {
            vec![Place::Item(module)]
        } else {
            found
        }
    }

    /// `crate`, `self` and `super`.
    fn step(&self, module: usize, segment: &str) -> Option<Place> {
        match segment {
            "crate" => Some(Place::Module(0)),
            "self" => Some(Place::Module(module)),
            "super" => Some(Place::Module(self.modules[module].parent.unwrap_or(0))),
            _ => None,
        }
    }

    fn lookup(&self, query: &Query<'_>, search: &mut Search) -> Vec<Place> {
        let &Query { module, name, .. } = query;
        let own = &self.modules[module];
        let children = own.children.iter().filter(|(child, _)| *child == name);
        let mut places: Vec<Place> = children.map(|&(_, child)| Place::Module(child)).collect();
        let key = (module, name.to_owned());
        if (query.leads_on && !places.is_empty()) || search.open.contains(&key) {
            return places;
        }
        search.open.push(key);
        if own.parts.iter().any(|part| part.scope.items.contains(name)) {
            places.push(Place::Item(module));
        }
        let imports = own.parts.iter().flat_map(|part| &part.scope.imports);
        let seen =
            imports.filter(|import| !(import.path.is_test || query.outside && import.is_local));
        let (globs, named): (Vec<&Import>, Vec<&Import>) = seen.partition(|import| is_glob(import));
        for import in named
            .iter()
            .filter(|import| import.name.as_deref() == Some(name))
        {
            let found = self.resolve(module, &import.path.segments, search);
            search
                .on_the_way
                .extend((!found.is_empty()).then_some(module));
            places.extend(found);
        }
        if places.is_empty() {
            places = globs
                .iter()
                .flat_map(|glob| self.through(glob, query, search))
                .collect();
        }
        search.open.pop();
        places
    }

    /// What a name means by way of a glob import.
    fn through(&self, glob: &Import, query: &Query<'_>, search: &mut Search) -> Vec<Place> {
        let before = search.on_the_way.len();
        let opened = self.resolve(query.module, &glob.path.segments, search);
        let mut places = Vec::new();
        for module in opened.iter().filter_map(Place::module) {
            places.extend(self.lookup(&Query::outside(module, query.name, query.leads_on), search));
        }
        if places.is_empty() {
            search.on_the_way.truncate(before);
        } else {
            search.on_the_way.push(query.module);
        }
        places
    }
}

impl Place {
    fn module(&self) -> Option<usize> {
        match self {
            Self::Module(module) => Some(*module),
            Self::Item(_) => None,
        }
    }
}

/// The question what a name means in a module.
struct Query<'a> {
    module: usize,
    name: &'a str,
    /// Whether the path goes on, so that the name can only be that of a module or a type.
    leads_on: bool,
    /// Whether another module asks, which does not see the imports within blocks.
    outside: bool,
}

impl<'a> Query<'a> {
    fn inside(module: usize, name: &'a str, leads_on: bool) -> Self {
        Self {
            module,
            name,
            leads_on,
            outside: false,
        }
    }

    fn outside(module: usize, name: &'a str, leads_on: bool) -> Self {
        Self {
            module,
            name,
            leads_on,
            outside: true,
        }
    }
}

fn is_glob(import: &Import) -> bool {
    import.name.is_none() && !import.path.is_test
}

fn parent_of(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path relative to a folder, without `.` and `..`.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}
