//! What the command has so far. Whichever thread ends it writes that.

use crate::output::Output;
use crate::progress::Progress;
use crate::stderr::tell;
use crcheck_harness::report::verdict::ExitCode;
use serde_json::{Map, Value};
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// Results and errors, from any thread.
pub(crate) struct Results<'p> {
    progress: &'p Progress,
    state: Mutex<State>,
}

struct State {
    /// `None` once it is closed, or if it is broken.
    output: Option<Output>,
    file: Option<PathBuf>,
    code: ExitCode,
    has_any: bool,
    is_reader_gone: bool,
    /// The document, whose list of this name gets the entries; `None` for lines.
    document: Option<(Map<String, Value>, &'static str)>,
}

impl<'p> Results<'p> {
    /// For lines, or for a document with a list of this name.
    pub(crate) const fn new(
        output: Output,
        file: Option<PathBuf>,
        document: Option<(Map<String, Value>, &'static str)>,
        progress: &'p Progress,
    ) -> Self {
        let state = State {
            output: Some(output),
            file,
            code: ExitCode::Passed,
            has_any: false,
            is_reader_gone: false,
            document,
        };
        Self {
            progress,
            state: Mutex::new(state),
        }
    }

    /// Writes a line, or the bytes of a checksum.
    pub(crate) fn write(&self, bytes: &[u8]) {
        let mut state = self.lock();
        let Some(output) = &mut state.output else {
            return;
        };
        let written = self.progress.without(|| output.write_bytes(bytes));
        if let Err(error) = written {
            state.fail(&error);
        }
    }

    /// Adds an entry to the document.
    pub(crate) fn add(&self, entry: Value) {
        if let Some((document, list)) = &mut self.lock().document {
            let list = document
                .entry(*list)
                .or_insert_with(|| Value::Array(Vec::new()));
            list.as_array_mut().expect("made so").push(entry);
        }
    }

    /// Notes that there is a result.
    pub(crate) fn has_one(&self) {
        self.lock().has_any = true;
    }

    /// Says what is wrong, and notes the exit code.
    pub(crate) fn fail(&self, code: ExitCode, message: &str) {
        self.note(code);
        self.progress.print_line(&format!("error: {message}"));
    }

    /// Says something on stderr.
    pub(crate) fn remark(&self, message: &str) {
        self.progress.print_line(message);
    }

    /// Notes the exit code.
    pub(crate) fn note(&self, code: ExitCode) {
        let mut state = self.lock();
        state.code = state.code.and(code);
    }

    /// Whether nobody reads the results any more.
    pub(crate) fn is_reader_gone(&self) -> bool {
        self.lock().is_reader_gone
    }

    /// Writes the document, if there is one, and closes. Returns the exit code.
    pub(crate) fn finish(&self, is_interrupted: bool) -> ExitCode {
        self.progress.finish();
        self.lock().finish(is_interrupted)
    }

    /// As [`Results::finish`] after an interrupt, while another thread still works. It does not
    /// wait for one that writes.
    pub(crate) fn give_up(&self) -> ExitCode {
        match self.state.try_lock() {
            Ok(mut state) => state.finish(true),
            Err(TryLockError::Poisoned(state)) => state.into_inner().finish(true),
            Err(TryLockError::WouldBlock) => ExitCode::Interrupted,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The results cannot be written. The run goes on for its exit code.
    fn fail(&mut self, error: &io::Error) {
        self.output = None;
        self.code = self.code.and(ExitCode::Io);
        self.is_reader_gone = error.kind() == io::ErrorKind::BrokenPipe;
        let failure = Output::failure(self.file.as_deref(), error);
        tell(format_args!("error: {failure}"));
    }

    fn finish(&mut self, is_interrupted: bool) -> ExitCode {
        if is_interrupted {
            let code = match self.has_any {
                true => ExitCode::Incomplete,
                false => ExitCode::Interrupted,
            };
            self.code = self.code.and(code);
            if !self.has_any {
                // What an output had before stays.
                self.output = None;
            }
            tell("interrupted: what was done before stands");
        }
        let Some(mut output) = self.output.take() else {
            return self.code;
        };
        let text = self.document.take().map(|(mut document, list)| {
            document
                .entry(list)
                .or_insert_with(|| Value::Array(Vec::new()));
            document.insert("exit_code".to_owned(), (self.code as u8).into());
            format!("{:#}\n", Value::Object(document))
        });
        let written = text.map_or(Ok(()), |text| output.write_bytes(text.as_bytes()));
        if let Err(error) = written.and_then(|()| output.close()) {
            self.fail(&error);
        }
        self.code
    }
}
