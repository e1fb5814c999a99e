//! A library whose code is interpreted.

use super::error::{LoadError, Problem};
use super::fill::{Indirect, fill};
use super::object::Object;
use super::runtime::Runtime;
use super::tree::{Meaning, Tree, own_meaning};
use crate::machine::{Call, Machine, Stopped};
use crate::state::State;
use crcheck_platform::code::place::Place;
use object::elf::{DT_INIT, DT_INIT_ARRAY, DT_INIT_ARRAYSZ};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

/// A shared library and what it needs, in the memory of a [`Machine`]. No code of them runs
/// natively.
///
/// It stays loaded as long as this lives: then its addresses go back to this process, so that the
/// machine must not be used any more.
#[derive(Debug)]
pub struct Library {
    tree: Tree,
    runtime: Runtime,
    /// The functions that stand for others, and the addresses that they returned.
    resolved: BTreeMap<u64, u64>,
}

/// How many instructions a constructor may execute. Those that fill tables need some 100,000.
const STEP_MAX: u64 = 20_000_000;

impl Library {
    /// Loads the library at `path`.
    ///
    /// The C library and the runtimes of compilers are those of this process: their code is
    /// interpreted too, and is not judged. Of their own indirect functions, this process has chosen
    /// those for its CPU; the machine executes them whatever its CPU has. Other libraries that it
    /// needs are loaded as it is. Functions that choose others, and constructors, are interpreted
    /// on the machine's CPU. What they stored is kept when stores are dropped. From now on the code
    /// that the machine judges is [`Library::code`].
    ///
    /// # Errors
    /// What is wrong with the file, what is missing, or what has stopped such code.
    pub fn load(path: &Path, machine: &mut Machine) -> Result<Self, LoadError> {
        let mut tree = Tree::read(path)?;
        let runtime = Runtime::new().map_err(|problem| tree.objects[0].error(problem))?;
        let left = fill(&mut tree, &runtime)?;
        let mut library = Self {
            tree,
            runtime,
            resolved: BTreeMap::new(),
        };
        let begun = library.begin(machine, &left);
        if let Err(error) = begun {
            library.unmap(machine);
            return Err(error);
        }
        Ok(library)
    }

    fn begin(&mut self, machine: &mut Machine, left: &[Indirect]) -> Result<(), LoadError> {
        // The C library may just have been loaded.
        machine.memory().forget();
        for object in &self.tree.objects {
            let mapped = object.map(machine.memory());
            mapped.map_err(|problem| object.error(problem))?;
        }
        self.runtime.map(machine.memory());
        machine.set_judged_code(self.code());
        for one in left {
            let address = self.resolve(machine, one.object, one.resolver)?;
            let word = address.wrapping_add(one.addend).to_le_bytes();
            let patched = machine.memory().patch(one.address, &word);
            patched.expect("the word was written before, so it is mapped");
        }
        for index in self.tree.order() {
            self.initialize(machine, index)?;
        }
        self.resolve_exports(machine)?;
        machine.memory().keep_stores();
        Ok(())
    }

    /// The address that the function at `resolver` returns.
    fn resolve(
        &mut self,
        machine: &mut Machine,
        object: usize,
        resolver: u64,
    ) -> Result<u64, LoadError> {
        if let Some(address) = self.resolved.get(&resolver) {
            return Ok(*address);
        }
        let what = "the function that chooses a version for the CPU";
        let address = self.run(machine, object, resolver, [0; 6], what)?;
        self.resolved.insert(resolver, address);
        Ok(address)
    }

    /// Resolves the indirect functions that the library exports.
    fn resolve_exports(&mut self, machine: &mut Machine) -> Result<(), LoadError> {
        let object = &self.tree.objects[0];
        let meanings = object.exports.values();
        let resolvers = meanings.filter_map(|symbol| match own_meaning(object, symbol) {
            Ok(Meaning::Indirect(resolver)) => Some(resolver),
            _ => None,
        });
        for resolver in resolvers.collect::<Vec<u64>>() {
            self.resolve(machine, 0, resolver)?;
        }
        Ok(())
    }

    /// Runs the constructors of an object.
    fn initialize(&self, machine: &mut Machine, index: usize) -> Result<(), LoadError> {
        let object = &self.tree.objects[index];
        let tags = (DT_INIT_ARRAY, DT_INIT_ARRAYSZ);
        let array = object.dynamic.table(&object.image, tags);
        let array = array.map_err(|problem| object.error(problem))?;
        let start = object.dynamic.value(DT_INIT_ARRAY).unwrap_or(0);
        let start = start.wrapping_add(object.bias);
        // Code may have resolved some of them, so they are read as code reads them.
        let words = (start..).step_by(8).take(array.len() / 8);
        let words = words.filter_map(|at| machine.memory().read_array(at).ok());
        let mut functions: Vec<u64> = words.map(u64::from_le_bytes).collect();
        if let Some(init) = object.dynamic.value(DT_INIT) {
            functions.insert(0, init.wrapping_add(object.bias));
        }
        let none = self.runtime.empty_list();
        for function in functions {
            // Old linkers leave these where there is no function.
            if !matches!(function, 0 | u64::MAX) {
                let arguments = [0, none, none, 0, 0, 0];
                self.run(machine, index, function, arguments, "its constructor")?;
            }
        }
        Ok(())
    }

    fn run(
        &self,
        machine: &mut Machine,
        index: usize,
        address: u64,
        arguments: [u64; 6],
        what: &str,
    ) -> Result<u64, LoadError> {
        let call = Call {
            address,
            arguments,
            registers: Box::new(State::default()),
            stack_offset_bytes: 8,
            stack_fill: 0,
            step_max: STEP_MAX,
        };
        let stopped = |stopped: Box<Stopped>| {
            let ip = stopped.state.ip;
            let place = self.place(ip).unwrap_or_else(|| format!("{ip:#x}"));
            let what = what.to_owned();
            self.tree.objects[index].error(Problem::Stopped {
                what,
                place,
                stopped,
            })
        };
        let returned = machine.call(&call).map_err(stopped)?;
        Ok(returned.state.general[State::RAX])
    }

    /// The address of a function or of data that the library itself exports.
    pub fn symbol(&self, name: &str) -> Option<u64> {
        let object = &self.tree.objects[0];
        match own_meaning(object, object.exports.get(name)?).ok()? {
            Meaning::Address(address) => Some(address),
            Meaning::Indirect(resolver) => self.resolved.get(&resolver).copied(),
            Meaning::OfThread(start, offset) => Some(start.wrapping_add(offset)),
        }
    }

    /// The code of the library, and of the libraries that were loaded with it.
    pub fn code(&self) -> Vec<Range<u64>> {
        self.tree.objects.iter().flat_map(Object::code).collect()
    }

    /// Where an address stands, such as `libmine.so+0x12 (my_crc32+0x2)`. Without the name of the
    /// function in a file without symbols. `None` if nothing is loaded there.
    pub fn place(&self, address: u64) -> Option<String> {
        let mut objects = self.tree.objects.iter();
        if let Some(object) = objects.find(|object| object.has(address)) {
            return Some(object.name_at(address));
        }
        if let Some(name) = self.runtime.name_at(address) {
            return Some(format!("the {name} of the interpreter"));
        }
        let place = Place::of(address as usize)?;
        let file = place.object.file_name()?.display();
        Some(format!("{file}+{:#x}", place.address))
    }

    /// The file and the address in it that an address comes from; `None` if nothing is loaded
    /// there.
    pub fn origin(&self, address: u64) -> Option<Place> {
        let mut objects = self.tree.objects.iter();
        match objects.find(|object| object.has(address)) {
            Some(object) => Some(Place {
                object: object.path.clone(),
                address: address.wrapping_sub(object.bias),
            }),
            None => Place::of(address as usize),
        }
    }

    /// Takes the library out of the memory of its machine.
    pub fn unload(self, machine: &mut Machine) {
        self.unmap(machine);
    }

    fn unmap(&self, machine: &mut Machine) {
        for object in &self.tree.objects {
            object.unmap(machine.memory());
        }
        machine.memory().unmap(self.runtime.reserved());
    }
}
