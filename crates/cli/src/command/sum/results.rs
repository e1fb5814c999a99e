//! What the command has so far. Whichever thread ends it writes that.

use crate::output::Output;
use crate::progress::Progress;
use crate::stderr::tell;
use crcheck_files::list::name::readable;
use crcheck_harness::report::verdict::ExitCode;
use serde_json::{Map, Value};
use std::io;
use std::path::{Path, PathBuf};
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
    /// Nobody gets the results, so nothing more is to be done.
    is_closed: bool,
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
            is_closed: false,
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

    /// Whether there is nothing so far: no result, and no error.
    pub(crate) fn is_empty(&self) -> bool {
        let state = self.lock();
        !state.has_any && state.code == ExitCode::Passed && !state.is_closed
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

    /// Whether nobody gets the results any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Gives up the output, which would replace a file that is to be read.
    pub(crate) fn refuse(&self, read: &str) {
        let mut state = self.lock();
        let output = state.file_name();
        state.output = None;
        state.is_closed = true;
        state.code = ExitCode::Usage;
        drop(state);
        self.progress.print_line(&format!(
            "error: --output {output} would replace {read}, which this command reads: name another \
             file. Both are as they were"
        ));
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
        self.is_closed = error.kind() == io::ErrorKind::BrokenPipe;
        let failure = Output::failure(self.file.as_deref(), error);
        tell(format_args!("error: {failure}"));
    }

    /// Whether the output is a file that is written as a whole.
    fn is_file(&self) -> bool {
        self.output.as_ref().is_some_and(Output::is_file)
    }

    fn file_name(&self) -> String {
        let path = self.file.as_deref().unwrap_or(Path::new("stdout"));
        readable(path.as_os_str())
    }

    /// A file that is there stays, and none is made, if the run was interrupted or has no result.
    fn keep_old(&mut self, is_interrupted: bool) {
        if !self.is_file() || (self.has_any && !is_interrupted) {
            return;
        }
        let name = self.file_name();
        self.output = None;
        let why = match is_interrupted {
            true => "the run was interrupted",
            false => "there is no result",
        };
        tell(format_args!("{name} is not written, since {why}"));
    }

    fn finish(&mut self, is_interrupted: bool) -> ExitCode {
        if is_interrupted {
            // A file without a checksum is a result, too.
            let is_first = !self.has_any && self.code == ExitCode::Passed;
            self.code = match is_first {
                true => ExitCode::Interrupted,
                false => self.code.and(ExitCode::Incomplete),
            };
            if is_first && !self.is_file() {
                self.output = None;
            }
            tell(match (is_first, self.is_file()) {
                (true, _) => "interrupted before any result",
                (false, false) => "interrupted: the results above are valid",
                (false, true) => "interrupted: the results are not complete",
            });
        }
        self.keep_old(is_interrupted);
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
