//! The models that the subjects of a run claim to compute.

use crate::subject::Subject;
use crate::subject_name::SubjectName;
use crcheck_oracle::model::Model;

/// The model of each subject of a run. Two subjects may have different ones.
#[derive(Clone, Debug)]
pub struct Models {
    /// That of a run without subjects, and of what is no subject.
    usual: Model,
    /// By the full name of the subject.
    of_subjects: Vec<(String, Model)>,
}

impl Models {
    /// The models of these subjects.
    pub fn of_subjects(subjects: &[Box<dyn Subject>]) -> Self {
        let named = subjects.iter();
        let named = named.map(|subject| (subject.name().to_string(), subject.model()));
        let of_subjects: Vec<(String, Model)> = named.collect();
        let first = of_subjects.first().map(|(_, model)| model.clone());
        Self {
            usual: first.unwrap_or(Model::CRC_32_ISO_HDLC),
            of_subjects,
        }
    }

    /// The model of a subject.
    pub fn of(&self, subject: &SubjectName) -> &Model {
        let name = subject.to_string();
        let known = self.of_subjects.iter().find(|(known, _)| *known == name);
        known.map_or(&self.usual, |(_, model)| model)
    }

    /// Takes the models of more subjects.
    pub fn extend(&mut self, others: Self) {
        for (name, model) in others.of_subjects {
            self.of_subjects.retain(|(known, _)| *known != name);
            self.of_subjects.push((name, model));
        }
    }

    /// Whether two subjects have different models.
    pub fn differ(&self) -> bool {
        self.distinct().len() > 1
    }

    /// All models by their labels, each once, in the order of the subjects.
    pub fn label(&self) -> String {
        let labels: Vec<String> = self.distinct().iter().map(|model| model.label()).collect();
        labels.join(", ")
    }

    fn distinct(&self) -> Vec<&Model> {
        let mut distinct: Vec<&Model> = Vec::new();
        for (_, model) in &self.of_subjects {
            if !distinct.contains(&model) {
                distinct.push(model);
            }
        }
        if distinct.is_empty() {
            distinct.push(&self.usual);
        }
        distinct
    }
}

impl From<Model> for Models {
    /// The one model of all subjects.
    fn from(model: Model) -> Self {
        Self {
            usual: model,
            of_subjects: Vec::new(),
        }
    }
}
