// Sends the form that only hands an answer on (OAuth 2.0 Form Post Response Mode); without
// JavaScript its button does. Not submit(): the button's id stands in the way of that name.
document.querySelector("form[data-submit]").requestSubmit();
