//! What luck decides in a block.

/// Each makes the comparison forget something, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Luck {
    /// The order in which things happen: the lines of the story and of the second witness are compared as a set.
    pub order: bool,
    /// Which process it is, and so which of the locks A, B and C: all the same.
    pub names: bool,
    /// How many: 4 of 6 and 5 of 6 are both fewer than 6; 0 and 6 of 6 stay what they are.
    pub counts: bool,
    /// Whether the second witness answers in time: a detector on a busy machine may not. If it does, it is compared.
    pub witness: bool,
}

impl Luck {
    /// Reads `order, names, counts, witness`, or some of them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut luck = Self::default();
        for word in text.split(',') {
            match word.trim() {
                "order" => luck.order = true,
                "names" => luck.names = true,
                "counts" => luck.counts = true,
                "witness" => luck.witness = true,
                word => return Err(format!("`{word}` is none of order, names, counts and witness")),
            }
        }
        Ok(luck)
    }
}
