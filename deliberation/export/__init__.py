"""Where it lands: a specification repository in the Model Spec's conventions, changed by one reviewable commit."""
