//! The parent's side of first calls in fresh processes.

use super::request::{Allowed, RequestOutcome};
use super::{Worker, no_answer};
use crate::calls::{FirstCall, FirstCalls, FirstCallsMade, Fresh};
use crate::kind::Kind;
use crate::stop::Stop;
use crate::worker::first_calls::Ending;
use crate::worker::process::how_it_ended;
use crate::worker::shared_block::{Call, Mode};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

/// How much longer than a copy the worker may take, which watches its copies itself.
const WATCHING: Duration = Duration::from_secs(5);

impl Worker {
    pub(super) fn race_first_calls(
        &mut self,
        race: &FirstCalls,
        calls: &[Call],
    ) -> Result<FirstCallsMade, Stop> {
        self.ensure_running()?;
        let race = &FirstCalls {
            patience: race.patience.min(self.launch.deadline),
            ..race.clone()
        };
        let parameter = serde_json::to_string(race).expect("plain data is always JSON");
        self.block.set_parameter(&parameter);
        let asked = self.block.ask(Mode::FirstCalls, calls.iter().copied());
        self.block.forget_times(asked);
        let allowed = match race.from {
            Fresh::Copies => race.patience + WATCHING,
            Fresh::ThisWorker => race.patience,
        };
        match self.request(asked, Allowed::AtMost(allowed)) {
            RequestOutcome::Answered(0) => return Err(no_answer()),
            RequestOutcome::Answered(_) => {}
            RequestOutcome::Lost(_, stop) | RequestOutcome::LostBehind(stop) => return Err(stop),
            RequestOutcome::Cut(_) => return Err(Stop::not_made()),
        }
        let ending = serde_json::from_str(&self.block.answer()).map_err(|_| no_answer())?;
        let (made, lost) = match ending {
            Ending::Made => (asked, None),
            Ending::NoCopies => (0, None),
            Ending::Late => (self.block.current(), Some(Stop::late(race.patience))),
            Ending::Died(status) => (self.block.current(), Some(self.stop_of(status))),
        };
        let calls = self.first_calls_made(&calls[..made.min(asked)]);
        Ok(FirstCallsMade {
            processes: calls.chunks(race.threads).map(<[_]>::to_vec).collect(),
            lost,
            has_no_copies: ending == Ending::NoCopies,
        })
    }

    /// What the calls of the last request gave, and when.
    fn first_calls_made(&self, calls: &[Call]) -> Vec<Option<FirstCall>> {
        let mut results = vec![0; calls.len()];
        self.block.results(&mut results);
        let mut made: Vec<Option<FirstCall>> = results
            .into_iter()
            .enumerate()
            .map(|(index, result)| {
                self.block.time(index).map(|time_ns| FirstCall {
                    outcome: Ok(result),
                    time_ns,
                })
            })
            .collect();
        for (index, signal, at) in self.block.stops() {
            if let Some(Some(call)) = made.get_mut(index) {
                call.outcome = Err(self.explain_signal(&calls[index], signal, at));
            }
        }
        made
    }

    /// What the end of a copy means.
    fn stop_of(&mut self, status: i32) -> Stop {
        let running = self.running.as_mut();
        let last_words = running.and_then(|running| running.process.last_words());
        let how = how_it_ended(ExitStatus::from_raw(status), last_words);
        Stop::without_place(Kind::Crash, how)
    }
}
