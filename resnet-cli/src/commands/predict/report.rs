//! What `predict` prints.

use std::borrow::Cow;
use std::io::Write;

use anyhow::Result;
use serde::Serialize;

use crate::csv;
use crate::format::percent;

/// A class that a picture may show.
#[derive(Debug, Serialize)]
pub(crate) struct Answer<'a> {
    pub(crate) class: usize,
    pub(crate) name: Cow<'a, str>,
    /// From 0 to 1.
    pub(crate) probability: f32,
}

/// How answers are printed.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    Text,
    /// One line a picture.
    Json,
    /// One line an answer.
    Csv,
}

/// Prints answers, picture by picture.
pub(crate) struct Report<'a> {
    form: Form,
    out: &'a mut dyn Write,
}

#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    classes: &'a [Answer<'a>],
}

impl<'a> Report<'a> {
    pub(crate) fn new(form: Form, out: &'a mut dyn Write) -> Result<Self> {
        if let Form::Csv = form {
            writeln!(out, "file,rank,class,name,probability")?;
        }
        Ok(Self { form, out })
    }

    /// Prints a picture's answers, the best first.
    pub(crate) fn picture(&mut self, file: &str, classes: &[Answer<'_>]) -> Result<()> {
        match self.form {
            Form::Text => {
                writeln!(self.out, "{file}")?;
                for answer in classes {
                    let share = percent(f64::from(answer.probability));
                    writeln!(self.out, "  {share:>7}  {}", answer.name)?;
                }
                Ok(())
            }
            Form::Json => super::super::print_json(self.out, &Line { file, classes }),
            Form::Csv => {
                for (rank, answer) in (1..).zip(classes) {
                    let (file, name) = (csv::field(file), csv::field(&answer.name));
                    let Answer {
                        class, probability, ..
                    } = answer;
                    writeln!(self.out, "{file},{rank},{class},{name},{probability}")?;
                }
                Ok(())
            }
        }
    }
}
