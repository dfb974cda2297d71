"""Questionnaire and QuestionnaireResponse, standard and adaptive: written from a form, read back as answers."""
