//! A library, all that it needs, and where its symbols are.

use super::dynamic::Symbol;
use super::error::{LoadError, Problem};
use super::needed;
use super::object::Object;
use super::runtime::Runtime;
use crcheck_platform::c_library::CLibrary;
use object::elf::DT_NEEDED;
use std::path::{Path, PathBuf};

/// The most libraries that are loaded together.
const OBJECTS_MAX: usize = 256;

/// Functions and data of the C library and of libgcc that say what the CPU of this machine has.
const ABOUT_THIS_CPU: [&str; 8] = [
    "getauxval",
    "__getauxval",
    "__x86_get_cpu_features",
    "__x86_get_cpuid_feature_leaf",
    "__get_cpu_features",
    "__cpu_model",
    "__cpu_features2",
    "__cpu_indicator_init",
];

/// A library and all that it needs.
#[derive(Debug)]
pub(super) struct Tree {
    /// The library itself, then what it needs, then what that needs: the order in which symbols are
    /// looked for.
    pub(super) objects: Vec<Object>,
    /// Which of them each one needs.
    needs: Vec<Vec<usize>>,
    native: Vec<(String, CLibrary)>,
}

/// What a symbol stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Meaning {
    /// The function, or the data, at this address.
    Address(u64),
    /// The function whose address the one at this address returns.
    Indirect(u64),
    /// Memory of the thread: where that of its library begins, and how far behind it.
    OfThread(u64, u64),
}

impl Tree {
    /// Reads the library's file and those that it needs.
    ///
    /// # Errors
    /// If one of them is missing, or is none.
    pub(super) fn read(path: &Path) -> Result<Self, LoadError> {
        let mut tree = Self {
            objects: vec![Object::read(path)?],
            needs: Vec::new(),
            native: Vec::new(),
        };
        let mut paths = vec![canonical(path)];
        while let Some(object) = tree.objects.get(tree.needs.len()) {
            let names = object.dynamic.texts(&object.image, DT_NEEDED);
            let names = names.map_err(|problem| object.error(problem))?;
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            let of = tree.needs.len();
            let mut needs = Vec::new();
            for name in names {
                if CLibrary::is(&name) && !name.contains('/') {
                    tree.open_native(of, name)?;
                    continue;
                }
                let object = &tree.objects[of];
                let file = needed::find(object, &name).map_err(|one| object.error(one))?;
                let known = paths.iter().position(|known| *known == canonical(&file));
                needs.push(known.unwrap_or(paths.len()));
                if known.is_none() {
                    if paths.len() == OBJECTS_MAX {
                        return Err(object.error(Problem::TooManyLibraries(OBJECTS_MAX)));
                    }
                    tree.objects.push(Object::read(&file)?);
                    paths.push(canonical(&file));
                }
            }
            tree.needs.push(needs);
        }
        Ok(tree)
    }

    fn open_native(&mut self, of: usize, name: String) -> Result<(), LoadError> {
        if self.native.iter().any(|(known, _)| *known == name) {
            return Ok(());
        }
        let library = CLibrary::open(&name).map_err(|why| {
            let problem = Problem::MissingRuntime(name.clone(), why);
            self.objects[of].error(problem)
        })?;
        self.native.push((name, library));
        Ok(())
    }

    /// The objects in the order in which they are initialized: each behind what it needs.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut order = Vec::new();
        let mut is_begun = vec![false; self.objects.len()];
        self.add_behind_needs(0, &mut is_begun, &mut order);
        order
    }

    fn add_behind_needs(&self, index: usize, is_begun: &mut [bool], order: &mut Vec<usize>) {
        if std::mem::replace(&mut is_begun[index], true) {
            return;
        }
        for &needed in &self.needs[index] {
            self.add_behind_needs(needed, is_begun, order);
        }
        order.push(index);
    }

    /// What a symbol that an object names stands for.
    ///
    /// # Errors
    /// If nobody has it, or it is not modelled.
    pub(super) fn meaning(
        &self,
        object: &Object,
        symbol: &Symbol,
        runtime: &Runtime,
    ) -> Result<Meaning, Problem> {
        if symbol.is_local() && symbol.is_defined() {
            return own_meaning(object, symbol);
        }
        let name = object.dynamic.name(&object.image, symbol)?;
        for object in &self.objects {
            if let Some(symbol) = object.exports.get(name) {
                return own_meaning(object, symbol);
            }
        }
        if symbol.is_of_thread() {
            return Err(Problem::ThreadLocal);
        }
        if let Some(address) = runtime.symbol(name) {
            return Ok(Meaning::Address(address));
        }
        let mut native = self.native.iter();
        match native.find_map(|(_, library)| library.symbol(name)) {
            Some(_) if ABOUT_THIS_CPU.contains(&name) => {
                Err(Problem::AsksAboutThisCpu(name.to_owned()))
            }
            Some(address) => Ok(Meaning::Address(address as u64)),
            None if symbol.is_weak() => Ok(Meaning::Address(0)),
            None => Err(Problem::MissingSymbol(name.to_owned())),
        }
    }
}

/// What a symbol that an object defines stands for.
pub(super) fn own_meaning(object: &Object, symbol: &Symbol) -> Result<Meaning, Problem> {
    let address = symbol.value.wrapping_add(object.bias);
    Ok(if symbol.is_of_thread() {
        let start = object.thread_start().ok_or(Problem::ThreadLocal)?;
        Meaning::OfThread(start, symbol.value)
    } else if symbol.is_indirect() {
        Meaning::Indirect(address)
    } else if symbol.is_absolute() {
        Meaning::Address(symbol.value)
    } else {
        Meaning::Address(address)
    })
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
