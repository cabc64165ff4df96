"""Personalize Web: a self-hosted recommendation platform with a console and the wire protocol of its cloud model."""
