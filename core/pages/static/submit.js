// Sends the form that only hands an answer on (OAuth 2.0 Form Post Response Mode); without
// JavaScript its button does.
document.querySelector("form[data-submit]").submit();
