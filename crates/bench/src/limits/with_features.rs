//! Functions that need features of the CPU.

/// Defines a function whose body is compiled for the features in brackets. It returns `None` where
/// the CPU lacks one of them.
macro_rules! with_features {
    (
        [$($feature:tt),+]
        fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty $body:block
    ) => {
        fn $name($($argument: $type),*) -> Option<$result> {
            $(#[target_feature(enable = $feature)])+
            fn with_features($($argument: $type),*) -> $result $body
            let has_features = $(is_x86_feature_detected!($feature))&&+;
            // SAFETY: the line above asks the CPU for every feature that the function is compiled
            // for.
            has_features.then(|| unsafe { with_features($($argument),*) })
        }
    };
}

pub(super) use with_features;
