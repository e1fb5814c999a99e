//! Sequences of operations on readers and writers that compute checksums, against a model of them.
#![no_main]

crcheck_fuzz::bytes_target!(crcheck_fuzz::Target::ReaderModel);
