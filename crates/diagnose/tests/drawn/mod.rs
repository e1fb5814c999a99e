//! Subjects with drawn faults, and what a diagnosis of each says.

use crcheck_diagnose::{Call, Experiment, diagnose};
use crcheck_oracle::judge::Judge;
use crcheck_oracle::model::Model;
use crcheck_oracle::slicing_16::Slicing16;
use crcheck_platform::message_memory::Placement;
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::FILLS;

mod messages;
mod tables;

pub(crate) use messages::*;
pub(crate) use tables::*;

/// Registers of each width, in both bit orders.
const MODELS: [&str; 8] = [
    "CRC-32/ISO-HDLC",
    "CRC-16/IBM-3740",
    "CRC-8/SMBUS",
    "CRC-64/XZ",
    "CRC-16/KERMIT",
    "CRC-32/BZIP2",
    "CRC-8/MAXIM-DOW",
    "CRC-64/ECMA-182",
];

/// What a subject answers to a call. The judge gives right answers.
type Answer = Box<dyn Fn(&Slicing16, &Call) -> u64>;

pub(crate) struct Subject {
    pub(crate) model: Model,
    pub(crate) takes_register: bool,
    pub(crate) answer: Answer,
    pub(crate) sentence: String,
}

/// Draws the parameters of a subject.
pub(crate) struct Draw {
    rng: SplitMix64,
    model: Model,
    takes_register: bool,
}

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        let name = MODELS[seed as usize % MODELS.len()];
        Self {
            rng: SplitMix64::new(seed),
            model: Model::find(name).expect("an entry"),
            takes_register: seed.is_multiple_of(3),
        }
    }

    pub(crate) fn number(&mut self, first: usize, last: usize) -> usize {
        first + self.rng.index(last - first + 1)
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.rng.index(of.len())]
    }

    pub(crate) fn subject(
        &self,
        sentence: String,
        answer: impl Fn(&Slicing16, &Call) -> u64 + 'static,
    ) -> Subject {
        Subject {
            model: self.model.clone(),
            takes_register: self.takes_register,
            answer: Box::new(answer),
            sentence,
        }
    }

    /// From `from` bytes on, gives the checksum of what `rewrite` makes of the message.
    pub(crate) fn rewriting(
        &self,
        sentence: &str,
        from: usize,
        rewrite: impl Fn(&[u8]) -> Vec<u8> + 'static,
    ) -> Subject {
        let sentence = format!("{sentence}, from length {from} on");
        self.subject(sentence, move |judge, call| {
            if call.length() < from {
                judge.update(call.checksum, &call.message)
            } else {
                judge.update(call.checksum, &rewrite(&call.message))
            }
        })
    }
}

impl Subject {
    pub(crate) fn diagnose(&self, seed: u64) -> String {
        let judge = Slicing16::new(&self.model);
        let mut call = |calls: &[Call]| {
            let answers = calls.iter().map(|call| Ok((self.answer)(&judge, call)));
            answers.collect()
        };
        let known = self.first_wrong_call(&judge);
        let mut experiment = Experiment::new(&mut call, &self.model, 1 << 20, seed);
        if !self.takes_register {
            experiment = experiment.from_the_initial_checksum();
        }
        let diagnosis = diagnose(&mut experiment, &[known]);
        diagnosis.map_or("nothing".to_owned(), |diagnosis| diagnosis.summary)
    }

    fn first_wrong_call(&self, judge: &Slicing16) -> Call {
        let mut rng = SplitMix64::new(7);
        let mut calls = (0..10_000).map(|index| {
            // Some faults show at no aligned address.
            let (length, offset) = (index % 5000, index / 5000);
            let mut message = vec![0; length];
            rng.fill(&mut message);
            Call {
                placement: Placement::aligned(offset),
                checksum: self.model.initial_checksum(),
                message,
                fill: FILLS[0],
            }
        });
        let is_wrong =
            |call: &Call| (self.answer)(judge, call) != judge.update(call.checksum, &call.message);
        calls.find(is_wrong).expect("a wrong answer")
    }
}
