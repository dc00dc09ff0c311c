DROP TABLE search_shape, search_wording, search_text, search_term, search_number, search_date, search_string, search_reference, search_token;
