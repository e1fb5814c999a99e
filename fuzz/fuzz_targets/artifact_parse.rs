//! An artifact is read or refused, and written as it was read.
#![no_main]

crcheck_fuzz::bytes_target!(crcheck_fuzz::Target::ArtifactParse);
